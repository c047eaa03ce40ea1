// The words for the model's enumerations, one table each, both ways: as the API, the store and messages write them.
// Read by the codec, the spec reader and whoever prints a state. A word once written to a store is never changed.
#pragma once

#include <optional>
#include <string_view>

#include "model/effect.h"
#include "model/observed.h"
#include "model/spec.h"
#include "model/state.h"

namespace holdfast::model {

// The word of a value: to_string(LifeCycle::on_demand) is "on_demand". (Status, Phase and Reason: state.h.)
std::string_view to_string(LifeCycle value);
std::string_view to_string(TaskType value);          // "pause"
std::string_view to_string(BlockDevicesMode value);  // "reattach", "onLaunch"
std::string_view to_string(Orientation value);       // "costOriented"
std::string_view to_string(PerformAt value);         // "timeWindow"
std::string_view to_string(Goal value);
std::string_view to_string(InstanceState value);  // EC2's words: "shutting-down"
std::string_view to_string(VolumeState value);
std::string_view to_string(SnapshotState value);
std::string_view to_string(ImageState value);
std::string_view to_string(InterfaceState value);
std::string_view to_string(AttachmentState value);
std::string_view to_string(StatusCheck value);
std::string_view to_string(Retired::What value);
std::string_view to_string(Asked::Standing value);
std::string_view to_string(Urgency value);
// What a snapshot was taken for: "manual", "final" or "periodic".
std::string_view purpose_of(const Snapshot& snapshot);
std::string_view purpose_of(const CreateSnapshot& create);

// The value of a word; nothing if no value has it. Defined for each type above.
template <class Enum>
std::optional<Enum> value_named(std::string_view word);

}  // namespace holdfast::model
