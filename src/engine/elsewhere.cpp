#include "engine/elsewhere.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

namespace holdfast::engine {

model::Checked<std::shared_ptr<View>> view_of(StoredInstance stored) {
  auto spec = model::read_spec(stored.document, model::Origin::store);
  if (!spec) return tl::unexpected(std::move(spec).error());
  return std::make_shared<View>(View{stored.id, std::move(stored.document), std::move(*spec), std::move(stored.state),
                                     stored.created_at, stored.updated_at});
}

std::vector<StoredElsewhere> Elsewhere::ask(const std::optional<ManagedInstanceId>& id) const {
  if (!there_) return {};
  auto found = store_.elsewhere(id);
  if (found) return std::move(*found);
  spdlog::warn("what other services hold cannot be read: {}", describe(found.error()));
  return {};
}

SharedView Elsewhere::find(const ManagedInstanceId& id) const {
  for (StoredElsewhere& one : ask(id)) {
    if (auto view = view_of(std::move(one.instance))) return *view;
  }
  return nullptr;
}

std::vector<SharedView> Elsewhere::all() const {
  std::vector<SharedView> views;
  for (StoredElsewhere& one : ask(std::nullopt)) {
    if (auto view = view_of(std::move(one.instance))) views.push_back(*view);
  }
  return views;
}

Error Elsewhere::refusal(const ManagedInstanceId& id) const {
  auto found = ask(id);
  if (found.empty()) {
    return {ErrorKind::not_found, "ManagedInstanceNotFound", "there is no managed instance " + id.str(), {}};
  }
  const std::string& holder = found.front().holder;
  const std::string who = holder.empty() ? "is between two services just now: ask again in a minute"
                                         : "is held by the service " + holder + ": ask that one, or this one later";
  return {ErrorKind::unavailable, kHeldByAnother, fmt::format("managed instance {} {}", id.str(), who), {}};
}

}  // namespace holdfast::engine
