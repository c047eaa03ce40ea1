// What readers see of one managed instance. A view never changes once made: the engine makes a new one for every
// change, so that readers on other threads need no lock to read it.
#pragma once

#include <memory>
#include <string>

#include "base/ids.h"
#include "base/time.h"
#include "model/spec.h"
#include "model/state.h"

namespace holdfast::engine {

struct View {
  ManagedInstanceId id;
  std::string document;
  model::Spec spec;
  model::State state;
  Time created_at{};
  Time updated_at{};
};

// Shared: a reader may still hold the old one while the engine has a newer.
using SharedView = std::shared_ptr<const View>;

}  // namespace holdfast::engine
