#include "demo/checks.h"

#include <fstream>
#include <sstream>

#include "base/text.h"

namespace holdfast::demo {
namespace {

constexpr char kMark[] = "/var/holdfast-demo-mark";

Result<std::string> run(const support::ApiClient& client, const std::string& instance, const std::string& script) {
  HF_TRY(const support::CommandResult ended, client.exec(instance, {"/bin/sh", "-c", script}));
  if (ended.exit_status != 0) return fail(ErrorKind::unavailable, "Exec", script + ": " + ended.err);
  return std::string(trim(ended.out));
}

}  // namespace

std::string neighbour_mac(const std::string& ip) {
  std::ifstream table("/proc/net/arp");
  std::string line;
  std::getline(table, line);  // the heading
  while (std::getline(table, line)) {
    std::istringstream words(line);
    std::string address, type, flags, mac;
    words >> address >> type >> flags >> mac;
    if (address == ip && flags != "0x0") return mac;
  }
  return {};
}

Result<std::string> own_mac(const support::ApiClient& client, const std::string& instance) {
  return run(client, instance,
             "cat /sys/class/net/$(ip -4 -o route show default | sed -n 's/.* dev \\([^ ]*\\).*/\\1/p')/address");
}

Result<void> write_mark(const support::ApiClient& client, const std::string& instance, const std::string& text) {
  // Under another name first: what is there after a power cut is the old mark or the new one, never half of one.
  HF_TRY_VOID(run(client, instance,
                  "printf %s '" + text + "' >" + kMark + ".new && sync " + kMark + ".new && mv " + kMark + ".new " +
                      kMark + " && sync -f " + kMark));
  return {};
}

Result<std::string> read_mark(const support::ApiClient& client, const std::string& instance) {
  return run(client, instance, std::string("cat ") + kMark);
}

}  // namespace holdfast::demo
