// What a caller may do. Each role may what the one before it may. Which call wants which role is the API's knowledge
// (api/permissions.h).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace holdfast::access {

enum class Role {
  viewer,     // reads
  operator_,  // and changes what can be taken back: what a person on call needs
  admin,      // and erases, hands out tokens, reads the audit log
};

std::string_view to_string(Role role);
std::optional<Role> role_named(std::string_view word);

// Who asks, as far as it is known.
struct Caller {
  std::string token;  // its name
  Role role = Role::viewer;
};

}  // namespace holdfast::access
