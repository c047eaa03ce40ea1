// Every rule that can be broken on purpose (core/mutation.h): its name, the promise that it breaks, and what is done
// wrong. Only for what is compiled with HOLDFAST_HOOKS.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "core/mutation.h"

namespace holdfast::sim {

struct Mutant {
  core::Mutation mutation = core::Mutation::none;
  std::string_view name;
  int promise = 0;
  std::string_view wrong;
};

std::span<const Mutant> mutants();
const Mutant* mutant_named(std::string_view name);  // nullptr: there is none

}  // namespace holdfast::sim
