// Debian 12 with PostgreSQL, as a user would make an image: by mmdebstrap from the host's package sources, booting
// systemd. Added to the packages: a unit that runs the instance's user data, and masks for what a machine without
// hardware of its own cannot do. The network is configured from outside.
#include <fmt/core.h>

#include <filesystem>

#include "cloud/linux/images/builders.h"
#include "cloud/linux/images/tree.h"
#include "cloud/linux/process.h"

namespace holdfast::cloud::linux_ {
namespace {

constexpr auto build_limit = std::chrono::minutes(20);

constexpr const char* packages =
    "systemd,systemd-sysv,dbus,iproute2,iputils-ping,netbase,curl,ca-certificates,e2fsprogs,xfsprogs,procps,less,"
    "postgresql-15";

// SyslogLevel: the journal shows nothing below "notice" on the console.
constexpr const char* user_data_unit = R"([Unit]
Description=User data of this instance
After=network.target local-fs.target dbus.socket

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/holdfast/run-user-data
TimeoutStartSec=infinity
StandardOutput=journal+console
StandardError=journal+console
SyslogLevel=notice

[Install]
WantedBy=multi-user.target
)";

// Like the tiny init: once for each instance, again only if the machine went down before it had ended. The end is told
// to the metadata service until it has taken it; also after a reboot, which tells the same once more.
constexpr const char* user_data_script = R"script(#!/bin/bash
set -u
base=http://169.254.169.254
state=/var/lib/holdfast
mkdir -p $state

# Nothing is there yet, or the service is being restarted: ask again.
ask() { curl -s --noproxy '*' --connect-timeout 2 --max-time 20 "$@"; }
token() { ask -f -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 300' $base/latest/api/token; }
until key=$(token) && id=$(ask -f -H "X-aws-ec2-metadata-token: $key" $base/latest/meta-data/instance-id); do
  sleep 0.1
done

report() {
  until key=$(token) &&
    [ "$(ask -o /dev/null -w '%{http_code}' -X PUT -H "X-aws-ec2-metadata-token: $key" --data-binary "$1" \
      $base/holdfast/user-data-status)" = 200 ]; do
    sleep 0.5
  done
}

if [ -s $state/ended-$id ]; then
  report "$(cat $state/ended-$id)"
  exit 0
fi

script=$state/user-data
while :; do
  key=$(token) || { sleep 0.1; continue; }
  code=$(ask -o $script -w '%{http_code}' -H "X-aws-ec2-metadata-token: $key" $base/latest/user-data)
  case $code in
    200) break ;;
    404) : >$script; break ;;
  esac
  sleep 0.1
done

status=0
if [ "$(head -c 2 $script)" = '#!' ]; then
  chmod 700 $script
  HOME=/root $script || status=$?
elif [ -s $script ]; then
  echo "user data: not a script: it has to begin with #!" >&2
  status=126
fi
echo $status >$state/ended-$id.new && sync $state/ended-$id.new && mv $state/ended-$id.new $state/ended-$id
echo "user data: ended with $status"
report $status
exit $status
)script";

// No kernel, no hardware, no login at a console, no network manager: each of these would fail or wait.
constexpr const char* masked[] = {"systemd-udevd.service",
                                  "systemd-udevd-control.socket",
                                  "systemd-udevd-kernel.socket",
                                  "systemd-udev-trigger.service",
                                  "systemd-modules-load.service",
                                  "systemd-remount-fs.service",
                                  "systemd-logind.service",
                                  "systemd-random-seed.service",
                                  "systemd-binfmt.service",
                                  "systemd-pstore.service",
                                  "systemd-fsck-root.service",
                                  "systemd-firstboot.service",
                                  "systemd-sysctl.service",
                                  "systemd-timesyncd.service",
                                  "systemd-networkd.service",
                                  "systemd-networkd.socket",
                                  "systemd-resolved.service",
                                  "systemd-journald-audit.socket",
                                  "sys-kernel-config.mount",
                                  "sys-kernel-debug.mount",
                                  "sys-kernel-tracing.mount",
                                  "sys-fs-fuse-connections.mount",
                                  "dev-hugepages.mount",
                                  "dev-mqueue.mount",
                                  "proc-sys-fs-binfmt_misc.automount",
                                  "proc-sys-fs-binfmt_misc.mount",
                                  "getty.target",
                                  "console-getty.service",
                                  "getty@.service",
                                  "serial-getty@.service",
                                  "apt-daily.timer",
                                  "apt-daily-upgrade.timer",
                                  "dpkg-db-backup.timer",
                                  "e2scrub_all.timer",
                                  "e2scrub_reap.service",
                                  "fstrim.timer",
                                  "postgresql.service",
                                  "ldconfig.service"};

// The user's number is the same in all images, see tree.h: made before the package would choose one.
std::string add_postgres_user() {
  return fmt::format(
      "echo 'postgres:x:{0}:{0}:PostgreSQL administrator:/var/lib/postgresql:/bin/bash' >>\"$1/etc/passwd\" && "
      "echo 'postgres:x:{0}:' >>\"$1/etc/group\"",
      postgres_uid);
}

// No cluster of the package's own: user data makes one, on the data volume.
constexpr const char* no_main_cluster =
    "mkdir -p \"$1/etc/postgresql-common\" && "
    "echo 'create_main_cluster = false' >\"$1/etc/postgresql-common/createcluster.conf\"";

Result<void> bootstrap(const std::string& tree) {
  if (find_program("mmdebstrap").empty()) {
    return fail(ErrorKind::not_found, "ProgramNotFound",
                "mmdebstrap is needed for this image: apt-get install mmdebstrap");
  }
  return run_checked({"mmdebstrap", "--mode=root", "--variant=minbase", "--format=directory", "--quiet",
                      std::string("--include=") + packages, "--aptopt=Apt::Install-Recommends \"false\"",
                      "--dpkgopt=path-exclude=/usr/share/man/*", "--dpkgopt=path-exclude=/usr/share/doc/*",
                      "--dpkgopt=force-confold", "--essential-hook=" + add_postgres_user(),
                      std::string("--essential-hook=") + no_main_cluster, "bookworm", tree},
                     {.time = build_limit, .private_mounts = true})
      .map([](const RunOutput&) {});
}

}  // namespace

Result<void> fill_debian(const std::string& tree, const ImageTools&) {
  HF_TRY_VOID(bootstrap(tree));
  const std::string units = "/etc/systemd/system/";
  HF_TRY_VOID(put_file(tree, "/holdfast/run-user-data", user_data_script, 0755));
  HF_TRY_VOID(put_file(tree, units + "holdfast-user-data.service", user_data_unit));
  HF_TRY_VOID(put_link(tree, units + "multi-user.target.wants/holdfast-user-data.service",
                       units + "holdfast-user-data.service"));
  HF_TRY_VOID(put_link(tree, units + "default.target", "/lib/systemd/system/multi-user.target"));
  for (const char* unit : masked) HF_TRY_VOID(put_link(tree, units + unit, "/dev/null"));
  // Where the machine's console output is kept.
  HF_TRY_VOID(put_file(tree, "/etc/systemd/journald.conf.d/console.conf",
                       "[Journal]\nForwardToConsole=yes\nMaxLevelConsole=notice\nStorage=volatile\n"));
  HF_TRY_VOID(put_file(tree, "/etc/machine-id", ""));
  HF_TRY_VOID(put_file(tree, "/etc/hostname", "localhost\n"));
  HF_TRY_VOID(put_file(tree, "/etc/hosts", "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n"));
  HF_TRY_VOID(put_file(tree, "/etc/resolv.conf", ""));
  return put_file(tree, "/etc/fstab", "# The root volume is mounted by the machine; name others here.\n");
}

}  // namespace holdfast::cloud::linux_
