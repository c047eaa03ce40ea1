#include "model/read_instance_types.h"

#include <regex>

#include "model/field_tables.h"

namespace holdfast::model {
namespace {

constexpr size_t kMaxTypes = 100;
constexpr int kMost = 1'000'000;

void instance_type(FieldReader& reader, const json::value& value, std::string& into) {
  static const std::regex kForm("[a-z0-9-]+\\.[a-z0-9-]+");
  std::optional<std::string> word = reader.text(value, 64);
  if (!word) return;
  if (std::regex_match(*word, kForm)) {
    into = *word;
  } else {
    reader.fault("InvalidValue", fmt::format("'{}' is no instance type: write it as EC2 does, e.g. m5.large", *word));
  }
}

void preferred_type(FieldReader& reader, const json::value& value, Compute& into) {
  instance_type(reader, value, into.preferred_type);
}

template <auto Member, class T>
void type_list(FieldReader& reader, const json::value& value, T& into) {
  const json::array* list = reader.list(value, kMaxTypes);
  if (list == nullptr) return;
  for (size_t i = 0; i < list->size(); ++i) {
    FieldReader::Step step(reader, i);
    instance_type(reader, (*list)[i], (into.*Member).emplace_back());
  }
}

// ---- resourceRequirements

// Words of one form; `what_else` says what another one is not, and what to write.
void words(FieldReader& reader, const json::value& value, const std::regex& form, std::string_view what_else,
           std::vector<std::string>& into) {
  const json::array* list = reader.list(value, kMaxTypes);
  if (list == nullptr) return;
  for (size_t i = 0; i < list->size(); ++i) {
    FieldReader::Step step(reader, i);
    std::optional<std::string> word = reader.text((*list)[i], 32);
    if (word && !std::regex_match(*word, form)) {
      reader.fault("InvalidValue", fmt::format("'{}' is no {}", *word, what_else));
    }
    into.push_back(word.value_or(""));
  }
}

// "m" or "m5": all of what comes before the point, or its letters.
void excluded_families(FieldReader& reader, const json::value& value, ResourceRequirements& into) {
  static const std::regex kForm("[a-z][a-z0-9-]*");
  words(reader, value, kForm, "family: write e.g. m5, or m for all of them", into.excluded_families);
}

void excluded_generations(FieldReader& reader, const json::value& value, ResourceRequirements& into) {
  static const std::regex kForm("[1-9][0-9]?");
  words(reader, value, kForm, "generation: write the number, \"5\" of m5.large", into.excluded_generations);
}

constexpr Field<Range> kRange[] = {{"minimum", whole<&Range::minimum, 0, kMost>},
                                   {"maximum", whole<&Range::maximum, 0, kMost>}};

template <auto Member>
void range(FieldReader& reader, const json::value& value, ResourceRequirements& into) {
  Range& range = into.*Member;
  read_object(reader, value, kRange, range);
  if (range.minimum && range.maximum && *range.minimum > *range.maximum) {
    reader.fault("InvalidValue",
                 fmt::format("has the minimum {} above the maximum {}", *range.minimum, *range.maximum));
  }
}

constexpr Field<ResourceRequirements> kRequirements[] = {
    {"excludedInstanceFamilies", excluded_families},
    {"excludedInstanceGenerations", excluded_generations},
    {"excludedInstanceTypes", type_list<&ResourceRequirements::excluded_types>},
    {"requiredGpu", range<&ResourceRequirements::gpu>},
    {"requiredMemory", range<&ResourceRequirements::memory_gib>},
    {"requiredVCpu", range<&ResourceRequirements::vcpu>},
};

void requirements(FieldReader& reader, const json::value& value, Compute& into) {
  read_object(reader, value, kRequirements, into.requirements.emplace());
  auto some = [](const Range& range) { return range.minimum || range.maximum; };
  const ResourceRequirements& wanted = *into.requirements;
  if (some(wanted.gpu) || some(wanted.memory_gib) || some(wanted.vcpu) || reader.faulted(reader.path())) return;
  reader.fault("MissingField", "asks for nothing: say requiredVCpu, requiredMemory or requiredGpu");
}

constexpr Field<Compute> kInstanceTypes[] = {{"preferredType", preferred_type},
                                             {"types", type_list<&Compute::instance_types>},
                                             {"preferredTypes", type_list<&Compute::preferred_types>},
                                             {"resourceRequirements", requirements}};

}  // namespace

void read_instance_types(FieldReader& r, const json::value& v, Compute& into) {
  read_object(r, v, kInstanceTypes, into);
}

}  // namespace holdfast::model
