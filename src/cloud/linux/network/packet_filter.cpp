#include "cloud/linux/network/packet_filter.h"

#include <fmt/core.h>
#include <unistd.h>

#include "cloud/linux/network/names.h"
#include "cloud/linux/process.h"
#include "cloud/linux/small_files.h"

namespace holdfast::cloud::linux_ {
namespace {

Result<void> run_nft(const std::string& text, const std::string& scratch_dir) {
  const std::string path = scratch_dir + "/filter.nft";
  HF_TRY_VOID(write_durably(path, text));
  auto loaded = run_checked({"nft", "-f", path});
  HF_TRY_VOID(remove_file(path));
  if (loaded) return {};
  return fail(loaded.error().kind, "NoPacketFilter",
              "the packet filter that keeps machines off this host's services cannot be loaded (" +
                  loaded.error().message +
                  "); install nftables (apt-get install nftables) on a kernel with nf_tables and nf_conntrack");
}

std::string input_chain(const std::string& ours) {
  return fmt::format(
      "  chain input {{\n    type filter hook input priority filter; policy accept;\n"
      "    iifname {0} ct state established,related accept\n"
      "    iifname {0} icmp type echo-request accept\n"
      "    iifname {0} drop\n  }}\n",
      ours);
}

std::string forward_chain(const FilterRules& rules, const std::string& ours) {
  const std::string all = fmt::format("\"{}*\"", all_clouds_prefix);
  std::string text = fmt::format(
      "  chain forward {{\n    type filter hook forward priority filter; policy accept;\n"
      "    iifname {0} oifname {0} accept\n"
      "    oifname {0} ct state established,related accept\n"
      "    oifname {0} drop\n"
      "    iifname {0} oifname {1} drop\n",
      ours, all);
  for (const auto& subnet : rules.outside) text += fmt::format("    iifname \"{}\" accept\n", subnet.bridge);
  text += fmt::format("    iifname {} drop\n", ours);
  // Forwarding on the uplink is on for our machines' answers alone (see Network::forward_on_uplink): a host that was no
  // router before must not become one.
  if (!rules.guarded_uplink.empty()) {
    text += fmt::format("    iifname \"{}\" oifname != {} drop\n", rules.guarded_uplink, all);
  }
  return text + "  }\n";
}

std::string nat_chain(const FilterRules& rules) {
  if (rules.outside.empty()) return {};
  std::string text = "  chain postrouting {\n    type nat hook postrouting priority srcnat; policy accept;\n";
  for (const auto& subnet : rules.outside) {
    text += fmt::format("    ip saddr {} oifname != \"{}*\" masquerade\n", subnet.cidr, all_clouds_prefix);
  }
  return text + "  }\n";
}

}  // namespace

std::string filter_text(const FilterRules& rules) {
  const std::string ours = "\"" + rules.bridge_prefix + "*\"";
  // One transaction: there is no moment without rules.
  std::string text = fmt::format("table inet {0}\ndelete table inet {0}\ntable inet {0} {{\n", rules.table);
  text += input_chain(ours) + forward_chain(rules, ours) + nat_chain(rules);
  return text + "}\n";
}

Result<void> load_packet_filter(const FilterRules& rules, const std::string& scratch_dir) {
  return run_nft(filter_text(rules), scratch_dir);
}

Result<void> remove_packet_filter(const std::string& table, const std::string& scratch_dir) {
  return run_nft(fmt::format("table inet {0}\ndelete table inet {0}\n", table), scratch_dir);
}

}  // namespace holdfast::cloud::linux_
