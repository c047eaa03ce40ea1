// What the cloud shows of an instance that is to be imported, and why it may not be. Internal to the import.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "ec2/ec2.h"
#include "engine/import.h"

namespace holdfast::engine {

struct FoundOriginal {
  ec2::Instance instance;
  std::map<VolumeId, ec2::Volume> volumes;  // of its block devices
  std::optional<std::string> user_data;     // base64; nothing: it could not be read
};
// nullptr if it has none.
const ec2::NetworkInterface* primary_of(const ec2::Instance& instance);

// Faults go to `faults`; nothing is answered where the instance itself is not known. Errors: the cloud could not be
// asked.
Result<std::optional<FoundOriginal>> find_original(ec2::Ec2& ec2, const ImportRequest& request, model::Faults& faults);

// Whether an error says something about the thing asked for, not about the asking.
inline bool says_unknown(const Error& error) {
  return error.kind == ErrorKind::not_found || error.kind == ErrorKind::invalid;
}

// The managed instance's document, as JSON text.
std::string document_of(const ImportRequest& request, const FoundOriginal& found);
// What core needs of it.
model::Import import_of(const ImportRequest& request, const FoundOriginal& found);
// What will be done, in order, and what a person should know.
void describe_steps(const FoundOriginal& found, ImportPlan& plan);

}  // namespace holdfast::engine
