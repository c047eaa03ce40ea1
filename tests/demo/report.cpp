#include "demo/report.h"

#include <fmt/core.h>

#include <algorithm>
#include <boost/json.hpp>

namespace holdfast::demo {
namespace {

constexpr const char* kPhases[] = {"terminating", "saving", "launching", "attaching", "checking"};

std::string duration_of(const Replacement& replacement, const std::string& phase) {
  for (const auto& [name, millis] : replacement.phases_ms) {
    if (name == phase) return fmt::format("{} ms", millis);
  }
  return "-";
}

const char* yes(bool held) {
  return held ? "same" : "OTHER";
}

}  // namespace

bool Report::ok() const {
  return substrate == "linux" && planned > 0 && replacements.size() == planned &&
         std::all_of(replacements.begin(), replacements.end(), [](const Replacement& it) { return it.held(); });
}

std::string table_of(const Report& report) {
  const bool real = report.substrate == "linux";
  std::string text = fmt::format("{:<9} {:<10}", "mode", "cause");
  for (const char* phase : kPhases) text += fmt::format(" {:>11}", phase);
  text +=
      fmt::format(" {:>9} {:>12} {:>9} {:>5} {:>5} {:>5}\n", "silence", "acknowledged", "found", "IP", "MAC", "root");
  for (const Replacement& it : report.replacements) {
    text += fmt::format("{:<9} {:<10}", it.mode, it.cause);
    for (const char* phase : kPhases) text += fmt::format(" {:>11}", duration_of(it, phase));
    text += real ? fmt::format(" {:>9} {:>12} {:>9}", to_words(it.silence), it.rows_acknowledged, it.rows_found)
                 : fmt::format(" {:>9} {:>12} {:>9}", "-", "-", "-");
    text += fmt::format(" {:>5} {:>5} {:>5}", yes(it.same_ip), yes(it.same_mac),
                        !real          ? "-"
                        : it.root_kept ? "kept"
                                       : "LOST");
    if (!it.trouble.empty()) text += "   " + it.trouble;
    text += '\n';
  }
  return text;
}

std::string json_of(const Report& report) {
  boost::json::array replacements;
  for (const Replacement& it : report.replacements) {
    boost::json::object phases;
    for (const auto& [name, millis] : it.phases_ms) phases[name] = millis;
    boost::json::object entry = {{"mode", it.mode},
                                 {"cause", it.cause},
                                 {"phases_ms", phases},
                                 {"silence_ms", it.silence.count()},
                                 {"rows_acknowledged", it.rows_acknowledged},
                                 {"rows_found", it.rows_found},
                                 {"same_ip", it.same_ip},
                                 {"same_mac", it.same_mac},
                                 {"root_kept", it.root_kept}};
    replacements.push_back(std::move(entry));
  }
  const boost::json::object report_json = {
      {"ok", report.ok()}, {"substrate", report.substrate}, {"replacements", std::move(replacements)}};
  return boost::json::serialize(report_json) + "\n";
}

}  // namespace holdfast::demo
