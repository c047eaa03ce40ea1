#include "access/role.h"

namespace holdfast::access {

std::string_view to_string(Role role) {
  switch (role) {
    case Role::viewer:
      return "viewer";
    case Role::operator_:
      return "operator";
    case Role::admin:
      return "admin";
  }
  return "viewer";
}

std::optional<Role> role_named(std::string_view word) {
  for (Role role : {Role::viewer, Role::operator_, Role::admin}) {
    if (to_string(role) == word) return role;
  }
  return std::nullopt;
}

}  // namespace holdfast::access
