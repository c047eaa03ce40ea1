#include "cli/foretold.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <iostream>

#include "base/text.h"
#include "cli/json_view.h"
#include "cli/table.h"

namespace holdfast::cli {
namespace json = boost::json;
namespace {

std::string usually(const json::value& foretold) {
  std::vector<std::string> phases;
  for (const json::value& phase : list_at(foretold, "phases")) {
    const bool known = at(phase, "usualMilliseconds").is_int64();
    phases.push_back(text_at(phase, "phase") + " " +
                     (known ? to_words(Duration(number_at(phase, "usualMilliseconds"))) : std::string("?")));
  }
  if (phases.empty()) return {};
  const bool known = at(foretold, "usualMilliseconds").is_int64();
  return fmt::format(
      "  usually takes {} ({}): {}\n",
      known ? to_words(Duration(number_at(foretold, "usualMilliseconds"))) : std::string("an unknown time"),
      text_at(foretold, "usualBy"), join(phases, ", "));
}

}  // namespace

std::string foretold_text(const json::value& foretold, const Terminal& terminal) {
  std::string text;
  Table table({"STEP", "ACTION", "TARGET", "WHY"});
  for (const json::value& step : list_at(foretold, "steps")) {
    const bool under_way = at(step, "underWay").is_bool() && at(step, "underWay").get_bool();
    table.add({text_at(step, "step"), text_at(step, "action") + (under_way ? " (under way)" : ""),
               printable(text_at(step, "target")), printable(text_at(step, "reason"))});
  }
  if (!table.empty()) text += "  steps:\n" + table.text(terminal.width, terminal.colour);
  text += usually(foretold);
  for (const json::value& note : list_at(foretold, "notes")) {
    if (note.is_string()) text += "  note: " + printable(std::string(note.get_string())) + "\n";
  }
  return text;
}

}  // namespace holdfast::cli
