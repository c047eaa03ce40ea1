// Any bytes as the body of a call that makes or changes something: a document, a deallocation, imports. What is taken
// is taken again after a merge with nothing, and means the same.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "api/migration_requests.h"
#include "api/requests.h"
#include "base/check.h"
#include "base/text.h"
#include "model/document.h"

namespace {

using namespace holdfast;

void check_faults(const model::Faults& faults) {
  CHECK(!faults.errors.empty());
  for (const Error& error : faults.errors) {
    CHECK(!error.code.empty() && !error.message.empty());
    CHECK(is_utf8(error.message) && is_utf8(error.field));
  }
}

void check_document(std::string_view text) {
  auto spec = model::read_spec(text);
  if (!spec) return check_faults(spec.error());
  auto merged = model::merge_document(text, "{}");
  CHECK(merged.has_value());
  auto again = model::read_spec(*merged);
  CHECK(again.has_value() && *again == *spec);
  auto with_itself = model::merge_document(text, text);
  CHECK(with_itself.has_value());
  auto same = model::read_spec(*with_itself);
  CHECK(same.has_value() && *same == *spec);
}

}  // namespace

// The server is left out: bodies come without it.
std::optional<std::string> holdfast::http::Request::query_value(const std::string&) const {
  return std::nullopt;
}
std::optional<std::string> holdfast::http::Request::header(const std::string&) const {
  return std::nullopt;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_document(text);
  if (auto document = api::managed_instance_in(text)) {
    check_document(*document);
  } else {
    check_faults(document.error());
  }
  if (auto read = api::deallocation_in(text); !read) check_faults(read.error());
  if (auto read = api::migrations_in(text); !read) check_faults(read.error());
  if (auto read = api::migration_ids_in(text); !read) check_faults(read.error());
  return 0;
}
