// The managed instance as the user wrote it: a JSON object, kept word for word. Reading back gives exactly what was
// sent; an update is a merge (a field left out stays, null clears). `read_spec` checks a document to the last field and
// gives the Spec that the service acts on, with defaults filled in.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "model/spec.h"

namespace holdfast::model {

// All faults of a document at once, each with its dotted path ("compute.launchSpecification.imageId") and the remedy.
struct Faults {
  std::vector<Error> errors;
};

template <class T>
using Checked = tl::expected<T, Faults>;

// Where a document comes from. One that was stored is held to no rule that is younger than it may be.
enum class Origin { user, store };

// `json`: the managed instance's object (what is under "managedInstance"). Unknown fields are refused with the nearest
// known name; fields of api.md that are not honoured yet are refused, saying so.
Checked<Spec> read_spec(std::string_view json, Origin origin = Origin::user);

// Merge of an update into the kept document, both as JSON text. Null clears; objects merge; lists are replaced.
// The result is checked by read_spec afterwards. Fails only where `update` is not a JSON object.
Result<std::string> merge_document(std::string_view kept, std::string_view update);

// The same document read from YAML or JSON text (for files): `managedInstance:` at the top is optional. Doubled keys
// and broken text are refused with line and column.
Result<std::string> document_from_yaml(std::string_view text);

}  // namespace holdfast::model
