// The zero-download image: a root volume with everything a Debian has outside of /usr, written here, and an empty /usr
// for the host's. No file of the host is copied but the tiny init; of its /etc/alternatives the names of programs.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>
#include <vector>

#include "cloud/linux/images/builders.h"
#include "cloud/linux/images/tree.h"

namespace holdfast::cloud::linux_ {
namespace {

using TextFile = std::pair<const char*, const char*>;

// Users: Debian's static ones, and the database's.
constexpr TextFile users[] = {
    {"/etc/passwd",
     "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n"
     "bin:x:2:2:bin:/bin:/usr/sbin/nologin\nsys:x:3:3:sys:/dev:/usr/sbin/nologin\n"
     "mail:x:8:8:mail:/var/mail:/usr/sbin/nologin\nwww-data:x:33:33:www-data:/var/www:/usr/sbin/nologin\n"
     "postgres:x:900:900:PostgreSQL administrator:/var/lib/postgresql:/bin/bash\n"
     "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n"},
    {"/etc/group",
     "root:x:0:\ndaemon:x:1:\nbin:x:2:\nsys:x:3:\nadm:x:4:\ntty:x:5:\ndisk:x:6:\nmail:x:8:\nwww-data:x:33:\n"
     "shadow:x:42:\nutmp:x:43:\nstaff:x:50:\nusers:x:100:\npostgres:x:900:\nnogroup:x:65534:\n"},
    {"/etc/nsswitch.conf",
     "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\nnetworks: files\nprotocols: files\n"
     "services: files\nethers: files\nrpc: files\n"},
    {"/etc/shells", "/bin/sh\n/bin/bash\n/usr/bin/sh\n/usr/bin/bash\n"},
    {"/etc/login.defs",
     "ENV_SUPATH PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"
     "ENV_PATH PATH=/usr/local/bin:/usr/bin:/bin\nUMASK 022\nUID_MIN 1000\nGID_MIN 1000\nENCRYPT_METHOD YESCRYPT\n"},
};

// Root may become anybody, nobody else has a password.
constexpr const char* pam_rules =
    "auth sufficient pam_rootok.so\nauth required pam_deny.so\naccount required pam_permit.so\n"
    "password required pam_deny.so\nsession required pam_permit.so\n";

constexpr TextFile settings[] = {
    {"/etc/hostname", "localhost\n"},
    {"/etc/hosts", "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n"},
    {"/etc/host.conf", "multi on\n"},
    {"/etc/resolv.conf", ""},
    {"/etc/machine-id", ""},
    {"/etc/fstab", "# The root volume is mounted by the machine; name others here.\n"},
    {"/etc/environment", ""},
    {"/etc/profile",
     "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\nexport PATH\n"
     "for file in /etc/profile.d/*.sh; do [ -r \"$file\" ] && . \"$file\"; done\nunset file\n"},
    {"/etc/bash.bashrc", "[ -z \"$PS1\" ] || PS1='\\u@\\h:\\w\\$ '\n"},
    {"/root/.profile", "[ -n \"$BASH\" ] && [ -r ~/.bashrc ] && . ~/.bashrc\n"},
    {"/root/.bashrc", "[ -z \"$PS1\" ] || PS1='\\u@\\h:\\w\\$ '\n"},
    {"/etc/ld.so.conf", "include /etc/ld.so.conf.d/*.conf\n"},
    {"/etc/ld.so.conf.d/local.conf", "/usr/local/lib\n"},
    {"/etc/protocols", "ip 0 IP\nicmp 1 ICMP\ntcp 6 TCP\nudp 17 UDP\nipv6-icmp 58 IPv6-ICMP\n"},
    {"/etc/services",
     "ssh 22/tcp\ndomain 53/tcp\ndomain 53/udp\nhttp 80/tcp www\nntp 123/udp\nhttps 443/tcp\nsyslog 514/udp\n"
     "mysql 3306/tcp\npostgresql 5432/tcp\nredis 6379/tcp\n"},
    {"/etc/ssl/openssl.cnf", "[req]\ndistinguished_name = name\n[name]\n"},
    {"/etc/issue", "Holdfast minimal image \\n \\l\n"},
};

struct Folder {
  const char* path;
  unsigned mode;
  unsigned owner;
};

constexpr Folder folders[] = {
    {"/usr", 0755, 0},
    {"/proc", 0555, 0},
    {"/sys", 0555, 0},
    {"/dev", 0755, 0},
    {"/run", 0755, 0},
    {"/run/lock", 01777, 0},
    {"/tmp", 01777, 0},
    {"/root", 0700, 0},
    {"/home", 0755, 0},
    {"/mnt", 0755, 0},
    {"/media", 0755, 0},
    {"/opt", 0755, 0},
    {"/srv", 0755, 0},
    {"/boot", 0755, 0},
    {"/etc/profile.d", 0755, 0},
    {"/etc/security", 0755, 0},
    {"/etc/opt", 0755, 0},
    {"/var/cache", 0755, 0},
    {"/var/lib", 0755, 0},
    {"/var/lib/misc", 0755, 0},
    {"/var/log", 0755, 0},
    {"/var/mail", 02775, 0},
    {"/var/opt", 0755, 0},
    {"/var/spool", 0755, 0},
    {"/var/tmp", 01777, 0},
    {"/var/local", 0755, 0},
    {"/holdfast", 0755, 0},
    {"/var/lib/postgresql", 0755, postgres_uid},
    {"/var/log/postgresql", 0755, postgres_uid},
    {"/run/postgresql", 02775, postgres_uid},
    {"/etc/postgresql", 0755, postgres_uid},
};

// The links that a merged /usr needs, as this host has them: its programs name these paths.
Result<void> put_usr_links(const std::string& tree) {
  for (const char* name : {"bin", "sbin", "lib", "lib32", "lib64", "libx32"}) {
    std::error_code error;
    const auto target = std::filesystem::read_symlink(std::string("/") + name, error);
    if (!error) {
      HF_TRY_VOID(put_link(tree, std::string("/") + name, "usr/" + target.filename().string()));
    } else if (std::filesystem::exists(std::string("/") + name)) {
      return fail(ErrorKind::unavailable, "UsrNotMerged",
                  std::string("/") + name +
                      " of this host is not part of /usr, which the minimal image is made of; "
                      "install the package usrmerge, or use another image");
    }
  }
  return {};
}

// awk, editor, which and so on are links through /etc/alternatives to programs in /usr.
Result<void> put_alternatives(const std::string& tree) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/etc/alternatives", error)) {
    const auto target = std::filesystem::read_symlink(entry.path(), error);
    if (error || !target.string().starts_with("/usr/") || entry.path().extension() == ".gz") continue;
    HF_TRY_VOID(put_link(tree, entry.path().string(), target.string()));
  }
  return {};
}

// The authorities that Debian's package ca-certificates brings in /usr, in the one file that programs read.
Result<void> put_certificates(const std::string& tree) {
  std::vector<std::filesystem::path> found;
  std::error_code error;
  for (const auto& entry : std::filesystem::recursive_directory_iterator("/usr/share/ca-certificates", error)) {
    if (entry.path().extension() == ".crt") found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  std::ostringstream all;
  for (const auto& path : found) all << std::ifstream(path).rdbuf() << "\n";
  return put_file(tree, "/etc/ssl/certs/ca-certificates.crt", found.empty() ? "" : all.str());
}

Result<void> put_users(const std::string& tree) {
  for (const auto& [path, text] : users) HF_TRY_VOID(put_file(tree, path, text));
  HF_TRY_VOID(put_file(tree, "/etc/shadow", "root:*:19700:0:99999:7:::\npostgres:!:19700::::::\n", 0640));
  HF_TRY_VOID(put_file(tree, "/etc/gshadow", "root:*::\npostgres:!::\n", 0640));
  constexpr gid_t shadow_group = 42;
  for (const char* path : {"/etc/shadow", "/etc/gshadow"}) {
    if (::chown((tree + path).c_str(), 0, shadow_group) != 0) return Failure(system_error("owner of a file", errno));
  }
  for (const char* name : {"other", "su", "su-l", "runuser", "runuser-l", "login", "common-auth", "common-account",
                           "common-password", "common-session", "common-session-noninteractive"}) {
    HF_TRY_VOID(put_file(tree, std::string("/etc/pam.d/") + name, pam_rules));
  }
  return {};
}

}  // namespace

Result<void> fill_minimal(const std::string& tree, const ImageTools& tools) {
  if (::access(tools.init_program.c_str(), X_OK) != 0) {
    return fail(ErrorKind::not_found, "InitProgramNotFound",
                "the machines' init program '" + tools.init_program +
                    "' is missing; it is built and installed beside "
                    "holdfast as holdfast-init");
  }
  for (const auto& folder : folders) HF_TRY_VOID(put_folder(tree, folder.path, folder.mode, folder.owner));
  HF_TRY_VOID(put_usr_links(tree));
  HF_TRY_VOID(put_alternatives(tree));
  HF_TRY_VOID(put_users(tree));
  for (const auto& [path, text] : settings) HF_TRY_VOID(put_file(tree, path, text));
  HF_TRY_VOID(put_certificates(tree));
  HF_TRY_VOID(put_link(tree, "/etc/os-release", "../usr/lib/os-release"));
  HF_TRY_VOID(put_link(tree, "/etc/localtime", "/usr/share/zoneinfo/Etc/UTC"));
  HF_TRY_VOID(put_link(tree, "/etc/mtab", "../proc/self/mounts"));
  HF_TRY_VOID(put_link(tree, "/var/run", "/run"));
  HF_TRY_VOID(put_link(tree, "/var/lock", "/run/lock"));
  return copy_in(tools.init_program, tree, "/holdfast/init", 0755);
}

}  // namespace holdfast::cloud::linux_
