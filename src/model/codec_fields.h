// What of the state goes into the store, under which names: one `fields` a type, visited by the codec both ways. A
// member that has its default value is not written, so new members with a harmless default may be added at any time;
// anything else needs a new kStateVersion. Included by codec.cpp only.
#pragma once

#include "model/state.h"

namespace holdfast::model {

// a(name, pointer to member) for every stored member; the second argument only chooses the type.

template <class A>
constexpr void fields(A& a, const ImageFacts*) {
  a("id", &ImageFacts::id);
  a("root_device", &ImageFacts::root_device);
  a("architecture", &ImageFacts::architecture);
  a("boot_mode", &ImageFacts::boot_mode);
  a("virtualization_type", &ImageFacts::virtualization_type);
  a("ena_support", &ImageFacts::ena_support);
  a("root_size_gib", &ImageFacts::root_size_gib);
}

template <class A>
constexpr void fields(A& a, const SubnetFacts*) {
  a("id", &SubnetFacts::id);
  a("zone", &SubnetFacts::zone);
  a("cidr", &SubnetFacts::cidr);
  a("holds_address", &SubnetFacts::holds_address);
}

template <class A>
constexpr void fields(A& a, const Surroundings*) {
  a("image", &Surroundings::image);
  a("subnets", &Surroundings::subnets);
  a("types", &Surroundings::types);
  a("elastic_ip", &Surroundings::elastic_ip);
}

template <class A>
constexpr void fields(A& a, const Market*) {
  a("instance_type", &Market::instance_type);
  a("subnet", &Market::subnet);
  a("zone", &Market::zone);
  a("life_cycle", &Market::life_cycle);
}

template <class A>
constexpr void fields(A& a, const Tag*) {
  a("key", &Tag::key);
  a("value", &Tag::value);
}

template <class A>
constexpr void fields(A& a, const ResourceTags*) {
  a("volumes", &ResourceTags::volumes);
  a("snapshots", &ResourceTags::snapshots);
  a("interfaces", &ResourceTags::interfaces);
  a("images", &ResourceTags::images);
}

template <class A>
constexpr void fields(A& a, const BlockDevice*) {
  a("device_name", &BlockDevice::device_name);
  a("size_gib", &BlockDevice::size_gib);
  a("volume_type", &BlockDevice::volume_type);
  a("iops", &BlockDevice::iops);
  a("throughput", &BlockDevice::throughput);
  a("encrypted", &BlockDevice::encrypted);
  a("snapshot_id", &BlockDevice::snapshot_id);
  a("delete_on_termination", &BlockDevice::delete_on_termination);
  a("kms_key_id", &BlockDevice::kms_key_id);
}

template <class A>
constexpr void fields(A& a, const LaunchDevice*) {
  a("device", &LaunchDevice::device);
  a("delete_on_termination", &LaunchDevice::delete_on_termination);
}

template <class A>
constexpr void fields(A& a, const LaunchOptions*) {
  a("key_pair", &LaunchOptions::key_pair);
  a("ebs_optimized", &LaunchOptions::ebs_optimized);
  a("monitoring", &LaunchOptions::monitoring);
  a("tenancy", &LaunchOptions::tenancy);
  a("cpu_credits", &LaunchOptions::cpu_credits);
  a("profile_name", &LaunchOptions::profile_name);
  a("profile_arn", &LaunchOptions::profile_arn);
  a("hop_limit", &LaunchOptions::hop_limit);
  a("metadata_tags", &LaunchOptions::metadata_tags);
  a("public_ip", &LaunchOptions::public_ip);
}

template <class A>
constexpr void fields(A& a, const LaunchInstance*) {
  a("generation", &LaunchInstance::generation);
  a("token", &LaunchInstance::token);
  a("market", &LaunchInstance::market);
  a("image", &LaunchInstance::image);
  a("interface", &LaunchInstance::interface);
  a("private_ip", &LaunchInstance::private_ip);
  a("security_group_ids", &LaunchInstance::security_group_ids);
  a("user_data", &LaunchInstance::user_data);
  a("http_tokens", &LaunchInstance::http_tokens);
  a("devices", &LaunchInstance::devices);
  a("tags", &LaunchInstance::tags);
  a("resource_tags", &LaunchInstance::resource_tags);
  a("options", &LaunchInstance::options);
  a("no_devices", &LaunchInstance::no_devices);
}

template <class A>
constexpr void fields(A& a, const LaunchScout*) {
  a("token", &LaunchScout::token);
  a("market", &LaunchScout::market);
  a("image", &LaunchScout::image);
  a("root_device", &LaunchScout::root_device);
  a("security_group_ids", &LaunchScout::security_group_ids);
}

template <class A>
constexpr void fields(A& a, const EndScout*) {
  a("instance", &EndScout::instance);
}

template <class A>
constexpr void fields(A& a, const AssociateAddress*) {
  a("allocation", &AssociateAddress::allocation);
  a("instance", &AssociateAddress::instance);
}

template <class A>
constexpr void fields(A& a, const DisassociateAddress*) {
  a("allocation", &DisassociateAddress::allocation);
  a("instance", &DisassociateAddress::instance);
  a("interface", &DisassociateAddress::interface);
}

template <class A>
constexpr void fields(A& a, const TagChange*) {
  a("tags", &TagChange::tags);
  a("removed", &TagChange::removed);
}

template <class A>
constexpr void fields(A& a, const Tagging*) {
  a("instance", &Tagging::instance);
  a("volumes", &Tagging::volumes);
  a("interface", &Tagging::interface);
}

template <class A>
constexpr void fields(A& a, const ApplyTags::Target*) {
  a("resources", &ApplyTags::Target::resources);
  a("tags", &ApplyTags::Target::tags);
  a("removed", &ApplyTags::Target::removed);
}

template <class A>
constexpr void fields(A& a, const ApplyTags*) {
  a("targets", &ApplyTags::targets);
}

template <class A>
constexpr void fields(A& a, const TerminateInstance*) {
  a("instance", &TerminateInstance::instance);
}

template <class A>
constexpr void fields(A& a, const CreateSnapshot*) {
  a("volume", &CreateSnapshot::volume);
  a("device", &CreateSnapshot::device);
  a("final", &CreateSnapshot::final);
  a("generation", &CreateSnapshot::generation);
  a("tags", &CreateSnapshot::tags);
  a("manual", &CreateSnapshot::manual);
}

template <class A>
constexpr void fields(A& a, const RegisterImage*) {
  a("name", &RegisterImage::name);
  a("snapshot", &RegisterImage::snapshot);
  a("generation", &RegisterImage::generation);
  a("root_device", &RegisterImage::root_device);
  a("architecture", &RegisterImage::architecture);
  a("boot_mode", &RegisterImage::boot_mode);
  a("virtualization_type", &RegisterImage::virtualization_type);
  a("ena_support", &RegisterImage::ena_support);
  a("volume_type", &RegisterImage::volume_type);
  a("size_gib", &RegisterImage::size_gib);
  a("tags", &RegisterImage::tags);
}

template <class A>
constexpr void fields(A& a, const CreateInterface*) {
  a("token", &CreateInterface::token);
  a("subnet", &CreateInterface::subnet);
  a("ip", &CreateInterface::ip);
  a("security_group_ids", &CreateInterface::security_group_ids);
  a("tags", &CreateInterface::tags);
}

template <class A>
constexpr void fields(A& a, const CreateVolume*) {
  a("token", &CreateVolume::token);
  a("zone", &CreateVolume::zone);
  a("device", &CreateVolume::device);
  a("generation", &CreateVolume::generation);
  a("tags", &CreateVolume::tags);
  a("in_place_of", &CreateVolume::in_place_of);
  a("lost", &CreateVolume::lost);
}

template <class A>
constexpr void fields(A& a, const AttachVolume*) {
  a("volume", &AttachVolume::volume);
  a("instance", &AttachVolume::instance);
  a("device", &AttachVolume::device);
}

template <class A>
constexpr void fields(A& a, const KeepOnTermination*) {
  a("instance", &KeepOnTermination::instance);
  a("devices", &KeepOnTermination::devices);
  a("interface", &KeepOnTermination::interface);
  a("interface_attachment_id", &KeepOnTermination::interface_attachment_id);
}

template <class A>
constexpr void fields(A& a, const TagVolume*) {
  a("volume", &TagVolume::volume);
  a("device", &TagVolume::device);
  a("generation", &TagVolume::generation);
}

template <class A>
constexpr void fields(A& a, const DeleteVolume*) {
  a("volume", &DeleteVolume::volume);
}
template <class A>
constexpr void fields(A& a, const DeleteSnapshot*) {
  a("snapshot", &DeleteSnapshot::snapshot);
}
template <class A>
constexpr void fields(A& a, const DeregisterImage*) {
  a("image", &DeregisterImage::image);
}
template <class A>
constexpr void fields(A& a, const DeleteInterface*) {
  a("interface", &DeleteInterface::interface);
}

template <class A>
constexpr void fields(A& a, const AdoptInstance::Volume*) {
  a("id", &AdoptInstance::Volume::id);
  a("device", &AdoptInstance::Volume::device);
}

template <class A>
constexpr void fields(A& a, const AdoptInstance*) {
  a("instance", &AdoptInstance::instance);
  a("generation", &AdoptInstance::generation);
  a("volumes", &AdoptInstance::volumes);
  a("interface", &AdoptInstance::interface);
}

template <class A>
constexpr void fields(A& a, const ReleaseInstance*) {
  a("instance", &ReleaseInstance::instance);
  a("volumes", &ReleaseInstance::volumes);
  a("interface", &ReleaseInstance::interface);
}

template <class A>
constexpr void fields(A& a, const SnapshotInstance*) {
  a("instance", &SnapshotInstance::instance);
  a("volumes", &SnapshotInstance::volumes);
  a("generation", &SnapshotInstance::generation);
  a("tags", &SnapshotInstance::tags);
}

template <class A>
constexpr void fields(A& a, const Effect*) {
  a("key", &Effect::key);
  a("action", &Effect::action);
  a("urgency", &Effect::urgency);
  a("deadline", &Effect::deadline);
}

template <class A>
constexpr void fields(A& a, const Deallocation*) {
  a("delete_images", &Deallocation::delete_images);
  a("delete_interfaces", &Deallocation::delete_interfaces);
  a("delete_snapshots", &Deallocation::delete_snapshots);
  a("delete_volumes", &Deallocation::delete_volumes);
  a("retention", &Deallocation::retention);
}

template <class A>
constexpr void fields(A& a, const Instance*) {
  a("id", &Instance::id);
  a("generation", &Instance::generation);
  a("market", &Instance::market);
  a("image", &Instance::image);
  a("state", &Instance::state);
  a("check", &Instance::check);
  a("private_ip", &Instance::private_ip);
  a("public_ip", &Instance::public_ip);
  a("launched_at", &Instance::launched_at);
  a("running_at", &Instance::running_at);
  a("healthy_at", &Instance::healthy_at);
  a("unhealthy_since", &Instance::unhealthy_since);
  a("notice_deadline", &Instance::notice_deadline);
  a("missing_since", &Instance::missing_since);
  a("missing_looks", &Instance::missing_looks);
  a("kept", &Instance::kept);
  a("rebalance_at", &Instance::rebalance_at);
}

template <class A>
constexpr void fields(A& a, const Interface*) {
  a("id", &Interface::id);
  a("ip", &Interface::ip);
  a("mac", &Interface::mac);
  a("subnet", &Interface::subnet);
  a("zone", &Interface::zone);
  a("state", &Interface::state);
  a("attached_to", &Interface::attached_to);
  a("missing_since", &Interface::missing_since);
  a("missing_looks", &Interface::missing_looks);
}

template <class A>
constexpr void fields(A& a, const Volume*) {
  a("device", &Volume::device);
  a("id", &Volume::id);
  a("zone", &Volume::zone);
  a("size_gib", &Volume::size_gib);
  a("state", &Volume::state);
  a("attached_to", &Volume::attached_to);
  a("attachment", &Volume::attachment);
  a("generation", &Volume::generation);
  a("by_hand", &Volume::by_hand);
  a("taken_off", &Volume::taken_off);
  a("missing_since", &Volume::missing_since);
  a("missing_looks", &Volume::missing_looks);
}

template <class A>
constexpr void fields(A& a, const Snapshot*) {
  a("id", &Snapshot::id);
  a("volume", &Snapshot::volume);
  a("device", &Snapshot::device);
  a("final", &Snapshot::final);
  a("generation", &Snapshot::generation);
  a("state", &Snapshot::state);
  a("size_gib", &Snapshot::size_gib);
  a("started_at", &Snapshot::started_at);
  a("failed_at", &Snapshot::failed_at);
  a("failures", &Snapshot::failures);
  a("manual", &Snapshot::manual);
  a("keep_until", &Snapshot::keep_until);
  a("missing_since", &Snapshot::missing_since);
  a("missing_looks", &Snapshot::missing_looks);
}

template <class A>
constexpr void fields(A& a, const RootImage*) {
  a("id", &RootImage::id);
  a("name", &RootImage::name);
  a("snapshot", &RootImage::snapshot);
  a("generation", &RootImage::generation);
  a("state", &RootImage::state);
  a("failed_at", &RootImage::failed_at);
  a("failures", &RootImage::failures);
  a("missing_since", &RootImage::missing_since);
  a("missing_looks", &RootImage::missing_looks);
  a("came_up", &RootImage::came_up);
}

template <class A>
constexpr void fields(A& a, const Retired*) {
  a("what", &Retired::what);
  a("id", &Retired::id);
  a("why", &Retired::why);
  a("due", &Retired::due);
  a("free", &Retired::free);
}

template <class A>
constexpr void fields(A& a, const Restore*) {
  a("sources", &Restore::sources);
  a("generation", &Restore::generation);
  a("earlier", &Restore::earlier);
  a("retention", &Restore::retention);
}

template <class A>
constexpr void fields(A& a, const Remains*) {
  a("interface", &Remains::interface);
  a("root", &Remains::root);
  a("data", &Remains::data);
  a("snapshots", &Remains::snapshots);
  a("images", &Remains::images);
  a("superseded", &Remains::superseded);
  a("left_by_launch", &Remains::left_by_launch);
  a("superseded_interfaces", &Remains::superseded_interfaces);
}

template <class A>
constexpr void fields(A& a, const PhaseBegan*) {
  a("phase", &PhaseBegan::phase);
  a("at", &PhaseBegan::at);
}

template <class A>
constexpr void fields(A& a, const Handover*) {
  a("reason", &Handover::reason);
  a("from_generation", &Handover::from_generation);
  a("from_market", &Handover::from_market);
  a("began_at", &Handover::began_at);
  a("deadline", &Handover::deadline);
  a("phases", &Handover::phases);
  a("scheduled", &Handover::scheduled);
  a("from_rest", &Handover::from_rest);
}

template <class A>
constexpr void fields(A& a, const Asked*) {
  a("effect", &Asked::effect);
  a("standing", &Asked::standing);
  a("since", &Asked::since);
  a("tries", &Asked::tries);
  a("again_at", &Asked::again_at);
  a("definite", &Asked::definite);
  a("last_error", &Asked::last_error);
  a("in_doubt", &Asked::in_doubt);
}

template <class A>
constexpr void fields(A& a, const CoolingMarket*) {
  a("market", &CoolingMarket::market);
  a("until", &CoolingMarket::until);
  a("refused", &CoolingMarket::refused);
  a("definite", &CoolingMarket::definite);
  a("why", &CoolingMarket::why);
}

template <class A>
constexpr void fields(A& a, const Scout*) {
  a("id", &Scout::id);
  a("market", &Scout::market);
  a("reason", &Scout::reason);
  a("launched_at", &Scout::launched_at);
  a("state", &Scout::state);
  a("missing_looks", &Scout::missing_looks);
}

template <class A>
constexpr void fields(A& a, const Voluntary*) {
  a("scouts", &Voluntary::scouts);
  a("fruitless", &Voluntary::fruitless);
  a("rest_until", &Voluntary::rest_until);
}

template <class A>
constexpr void fields(A& a, const HeldAddress*) {
  a("allocation", &HeldAddress::allocation);
  a("public_ip", &HeldAddress::public_ip);
  a("only_asked", &HeldAddress::only_asked);
}

template <class A>
constexpr void fields(A& a, const OriginalVolume*) {
  a("device", &OriginalVolume::device);
  a("id", &OriginalVolume::id);
  a("size_gib", &OriginalVolume::size_gib);
}

template <class A>
constexpr void fields(A& a, const Original*) {
  a("instance", &Original::instance);
  a("market", &Original::market);
  a("image", &Original::image);
  a("launched_at", &Original::launched_at);
  a("private_ip", &Original::private_ip);
  a("public_ip", &Original::public_ip);
  a("root", &Original::root);
  a("data", &Original::data);
  a("interface", &Original::interface);
  a("mac", &Original::mac);
}

template <class A>
constexpr void fields(A& a, const Import*) {
  a("original", &Import::original);
  a("adopted", &Import::adopted);
  a("keep_private_ip", &Import::keep_private_ip);
  a("tagged_at", &Import::tagged_at);
  a("secured_at", &Import::secured_at);
  a("attempt", &Import::attempt);
  a("copies_failed_at", &Import::copies_failed_at);
  a("given_up", &Import::given_up);
  a("released", &Import::released);
  a("done_at", &Import::done_at);
}

template <class A>
constexpr void fields(A& a, const State*) {
  a("id", &State::id);
  a("creation_key", &State::creation_key);
  a("created_at", &State::created_at);
  a("updated_at", &State::updated_at);
  a("goal", &State::goal);
  a("status", &State::status);
  a("error", &State::error);
  a("surroundings", &State::surroundings);
  a("generation", &State::generation);
  a("attempt", &State::attempt);
  a("short_lived", &State::short_lived);
  a("last_end", &State::last_end);
  a("recycle_wanted", &State::recycle_wanted);
  a("comes_as_before", &State::comes_as_before);
  a("instance", &State::instance);
  a("interface", &State::interface);
  a("superseded_interfaces", &State::superseded_interfaces);
  a("interfaces_made", &State::interfaces_made);
  a("gone_at", &State::gone_at);
  a("root", &State::root);
  a("data", &State::data);
  a("superseded", &State::superseded);
  a("left_by_launch", &State::left_by_launch);
  a("snapshots", &State::snapshots);
  a("images", &State::images);
  a("handover", &State::handover);
  a("asked", &State::asked);
  a("cooling", &State::cooling);
  a("retired", &State::retired);
  a("deallocation", &State::deallocation);
  a("remains", &State::remains);
  a("import", &State::import);
  a("restore", &State::restore);
  a("schedule_due", &State::schedule_due);
  a("by_schedule", &State::by_schedule);
  a("pool_address", &State::pool_address);
  a("periodic_due", &State::periodic_due);
  a("scout", &State::scout);
  a("voluntary", &State::voluntary);
  a("address", &State::address);
  a("tagging", &State::tagging);
  a("taggings", &State::taggings);
  a("forget_at", &State::forget_at);
  // State::looking is not stored: lost in a crash without harm.
}

}  // namespace holdfast::model
