// An update laid over the kept document. What was sent stays as it was sent: the order of the members, and every field
// that the update does not name.

#include <boost/json.hpp>

#include "model/document.h"
#include "model/json_text.h"

namespace holdfast::model {
namespace json = boost::json;
namespace {

// As bounded in depth as the parser that made both.
void merge(json::object& kept, const json::object& update) {
  for (const auto& member : update) {
    if (member.value().is_null()) {
      kept.stable_erase(member.key());
    } else if (!member.value().is_object()) {
      kept[member.key()] = member.value();
    } else {
      // A new object is merged into an empty one, so that a null in it clears there, too.
      json::value& below = kept[member.key()];
      if (!below.is_object()) below.emplace_object();
      merge(below.get_object(), member.value().get_object());
    }
  }
}

}  // namespace

Result<std::string> merge_document(std::string_view kept, std::string_view update) {
  HF_TRY(json::value below, parse_strictly(kept));
  HF_TRY(json::value above, parse_strictly(update));
  if (!below.is_object() || !above.is_object()) {
    return fail(ErrorKind::invalid, "InvalidType", "The managed instance must be an object, e.g. {\"name\": \"db\"}");
  }
  merge(below.get_object(), above.get_object());
  return json::serialize(below);
}

}  // namespace holdfast::model
