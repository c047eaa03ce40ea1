#include "api/permissions.h"

#include <algorithm>
#include <string>

#include "api/requests.h"

namespace holdfast::api {

using access::Role;

namespace {

constexpr char kInstances[] = "/aws/ec2/managedInstance";
constexpr char kGroups[] = "/aws/ec2/group";

bool is_below(const std::string& path, const std::string& root) {
  return path == root || path.rfind(root + "/", 0) == 0;
}

// A delete that erases something at once, or could: what cannot be read is refused by the call itself.
bool erases(const http::Request& request) {
  if (request.method != "DELETE") return false;
  if (request.path.find("/snapshots/") != std::string::npos) return true;
  auto deallocation = deallocation_in(request.body);
  return deallocation && (deallocation->delete_volumes || deallocation->delete_snapshots ||
                          deallocation->delete_images || deallocation->delete_interfaces);
}

// Calls of managed instances refuse the parameter where it has no effect, and where it is given twice.
bool is_dry(const http::Request& request) {
  return (is_below(request.path, kInstances) || is_below(request.path, kGroups)) &&
         request.query_value("dryRun") == "true" &&
         std::count_if(request.query.begin(), request.query.end(), [](const auto& p) { return p.first == "dryRun"; }) ==
             1;
}

}  // namespace

Permission permission_for(const http::Request& request) {
  const std::string& path = request.path;
  const bool reads = request.method == "GET" || request.method == "HEAD";
  if (is_below(path, "/token") || is_below(path, "/audit")) return {Role::admin, !reads};
  if (path == std::string(kInstances) + "/migration/search") return {Role::viewer, false};  // a question, by POST
  if (reads) {
    // A machine's console shows what its user data does.
    const bool console = is_below(path, "/cloud") && path.ends_with("/console");
    return {console ? Role::operator_ : Role::viewer, false};
  }
  const bool audited = !is_dry(request);
  if (is_below(path, kGroups)) return {Role::admin, audited};
  if (is_below(path, kInstances) && erases(request)) return {Role::admin, audited};
  return {Role::operator_, audited};
}

}  // namespace holdfast::api
