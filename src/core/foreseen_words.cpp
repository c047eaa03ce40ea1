#include "core/foreseen_words.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace holdfast::core {

using namespace model;

namespace {

struct Words {
  const Spec& spec;
  const State& state;

  ForeseenStep operator()(const LaunchInstance& effect) const {
    std::string reason = fmt::format("generation {}", effect.generation);
    if (state.generation > 0) {
      reason += spec.persistence.root_device ? ", from the image of its own root" : ", from the document's image";
    }
    if (effect.interface) reason += fmt::format("; with the interface {} its address stays", effect.interface->str());
    const auto copied = std::count_if(effect.devices.begin(), effect.devices.end(),
                                      [](const LaunchDevice& device) { return device.device.snapshot_id.has_value(); });
    if (copied > 0)
      reason += fmt::format("; {} made from the newest copies", copied == 1 ? "a volume is" : "volumes are");
    const Market& market = effect.market;
    return {"RunInstances",
            fmt::format("{} in {} ({}, {})", market.instance_type, market.zone, market.subnet.str(),
                        market.life_cycle == LifeCycle::spot ? "spot" : "on demand"),
            reason + ". The market asked first; what has no capacity is passed over"};
  }
  ForeseenStep operator()(const TerminateInstance& effect) const {
    const std::string why = state.handover ? std::string(to_string(state.handover->reason)) : "it is taken down";
    return {"TerminateInstances", effect.instance.str(), why + ": what is persisted outlives it, and was seen to"};
  }
  ForeseenStep operator()(const CreateSnapshot& effect) const {
    return {"CreateSnapshot", fmt::format("{} ({})", effect.volume.str(), effect.device),
            effect.final ? "as the instance left it: taken once it can write no more"
                         : "a periodic copy: what holds the next takedown back is tried again"};
  }
  ForeseenStep operator()(const RegisterImage& effect) const {
    return {"RegisterImage", effect.snapshot.str(), "the next instance is launched from its own root"};
  }
  ForeseenStep operator()(const CreateInterface& effect) const {
    return {"CreateNetworkInterface", fmt::format("{} in {}", effect.ip.value_or("any address"), effect.subnet.str()),
            "its address and MAC stay over replacements from now on"};
  }
  ForeseenStep operator()(const CreateVolume& effect) const {
    const std::string what = effect.device.snapshot_id ? "of " + effect.device.snapshot_id->str() : "blank";
    return {"CreateVolume", fmt::format("{} in {} ({})", effect.device.device_name, effect.zone, what),
            effect.lost ? fmt::format("{} is gone from the cloud", effect.in_place_of.str())
                        : fmt::format("{} cannot be attached in this zone", effect.in_place_of.str())};
  }
  ForeseenStep operator()(const AttachVolume& effect) const {
    return {"AttachVolume", fmt::format("{} as {}", effect.volume.str(), effect.device), "the same volume moves"};
  }
  ForeseenStep operator()(const KeepOnTermination& effect) const {
    std::vector<std::string> what = effect.devices;
    if (effect.interface) what.push_back(effect.interface->str());
    return {effect.devices.empty() ? "ModifyNetworkInterfaceAttribute" : "ModifyInstanceAttribute", join(what, ", "),
            "DeleteOnTermination becomes false: what is persisted must outlive the instance"};
  }
  ForeseenStep operator()(const TagVolume& effect) const {
    return {"CreateTags", effect.volume.str(), "attached by hand, and kept from now on: found again by its tags"};
  }
  ForeseenStep operator()(const AdoptInstance& effect) const {
    return {"CreateTags", effect.instance.str(), "everything of it is found again by these tags, also after a crash"};
  }
  ForeseenStep operator()(const ReleaseInstance& effect) const {
    return {"DeleteTags", effect.instance.str(), "it is let go of, and stays as it is"};
  }
  template <class Other>
  ForeseenStep operator()(const Other& effect) const {
    return {std::string(name_of(EffectAction(effect))), state.id.str(), "it is wanted for this managed instance"};
  }
  ForeseenStep operator()(const SnapshotInstance& effect) const {
    return {"CreateSnapshots", effect.instance.str(), "as of one moment, as after a power cut"};
  }
  ForeseenStep operator()(const DeleteVolume& effect) const { return deletion("DeleteVolume", effect.volume.str()); }
  ForeseenStep operator()(const DeleteSnapshot& effect) const {
    return deletion("DeleteSnapshot", effect.snapshot.str());
  }
  ForeseenStep operator()(const DeregisterImage& effect) const {
    return deletion("DeregisterImage", effect.image.str());
  }
  ForeseenStep operator()(const DeleteInterface& effect) const {
    return deletion("DeleteNetworkInterface", effect.interface.str());
  }

  ForeseenStep deletion(const std::string& action, const std::string& id) const {
    auto entry = std::find_if(state.retired.begin(), state.retired.end(),
                              [&](const Retired& retired) { return retired.id == id; });
    return {action, id, entry == state.retired.end() ? "it is needed no more" : entry->why};
  }
};

}  // namespace

ForeseenStep words_of(const Effect& effect, const Spec& spec, const State& state) {
  return std::visit(Words{spec, state}, effect.action);
}

}  // namespace holdfast::core
