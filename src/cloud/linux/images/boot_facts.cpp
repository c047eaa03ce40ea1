#include "cloud/linux/images/boot_facts.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <linux/openat2.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <cerrno>

#include "base/text.h"
#include "cloud/linux/fd.h"

namespace holdfast::cloud::linux_ {
namespace {

constexpr size_t largest_file = 4096;
constexpr size_t longest_path = 255;

Failure bad(const std::string& field, const std::string& what) {
  return fail(ErrorKind::invalid, "InvalidBootFacts",
              fmt::format("{} on the root volume: {}; correct the file or remove it", boot_facts_path, what), field);
}

Result<void> take(BootFacts& facts, std::string_view name, const boost::json::value& value) {
  if (name == "init") {
    if (!value.is_string()) return bad("init", "must be a path");
    facts.init = value.as_string().c_str();
    const bool good = facts.init.starts_with('/') && facts.init.size() <= longest_path &&
                      facts.init.size() == value.as_string().size();
    if (!good) return bad("init", "must be an absolute path of at most 255 bytes");
  } else if (name == "host_usr") {
    if (!value.is_bool()) return bad("host_usr", "must be true or false");
    facts.host_usr = value.as_bool();
  } else if (name == "stop_signal") {
    if (!value.is_string()) return bad("stop_signal", "must be a signal's name");
    facts.stop_signal = value.as_string().c_str();
    if (auto number = signal_number(facts.stop_signal); !number) return Failure(number.error());
  } else {
    return bad(std::string(name), "is not known (init, host_usr, stop_signal)");
  }
  return {};
}

Result<BootFacts> parse(const std::string& text) {
  boost::system::error_code error;
  const auto value = boost::json::parse(text, error);
  if (error) return bad("", "is not JSON: " + error.message());
  if (!value.is_object()) return bad("", "must be an object");
  BootFacts facts;
  for (const auto& member : value.as_object()) HF_TRY_VOID(take(facts, member.key(), member.value()));
  return facts;
}

}  // namespace

Result<BootFacts> read_boot_facts(int root_fd) {
  // The root is the machine's: a link in it must not lead to a file of the host, nor a fifo block us.
  open_how how{};
  how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  const Fd file(static_cast<int>(::syscall(SYS_openat2, root_fd, boot_facts_path, &how, sizeof how)));
  if (!file.valid() && (errno == ENOENT || errno == ENOTDIR)) return BootFacts{};
  if (!file.valid()) return Failure(system_error(std::string("opening ") + boot_facts_path, errno));
  std::string text(largest_file + 1, '\0');
  const ssize_t count = ::read(file.get(), text.data(), text.size());
  if (count < 0) return Failure(system_error(std::string("reading ") + boot_facts_path, errno));
  if (static_cast<size_t>(count) > largest_file) return bad("", "is larger than 4 KiB");
  text.resize(static_cast<size_t>(count));
  return parse(text);
}

Result<BootFacts> read_boot_facts(const std::string& root_path) {
  const Fd root(::open(root_path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root.valid()) return Failure(system_error("opening " + root_path, errno));
  return read_boot_facts(root.get());
}

std::string to_json(const BootFacts& facts) {
  return boost::json::serialize(
      boost::json::object{{"init", facts.init}, {"host_usr", facts.host_usr}, {"stop_signal", facts.stop_signal}});
}

Result<int> signal_number(const std::string& name) {
  if (name == "SIGTERM") return SIGTERM;
  if (name == "SIGINT") return SIGINT;
  if (name == "SIGPWR") return SIGPWR;
  constexpr std::string_view real_time = "SIGRTMIN+";
  if (name.starts_with(real_time)) {
    const auto offset = parse_int(std::string_view(name).substr(real_time.size()));
    if (offset && *offset >= 0 && *offset <= SIGRTMAX - SIGRTMIN) return SIGRTMIN + static_cast<int>(*offset);
  }
  return bad("stop_signal", "'" + name + "' is none of SIGTERM, SIGINT, SIGPWR, SIGRTMIN+n");
}

}  // namespace holdfast::cloud::linux_
