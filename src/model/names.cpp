#include "model/names.h"

#include <utility>

#include "base/check.h"
#include "model/event.h"

namespace holdfast::model {
namespace {

template <class Enum>
struct Word {
  Enum value;
  std::string_view text;
};

template <class Enum, size_t N>
std::string_view word_of(const Word<Enum> (&words)[N], Enum value) {
  for (const Word<Enum>& word : words) {
    if (word.value == value) return word.text;
  }
  CHECK(!"a value without a word");
  return {};
}

template <class Enum, size_t N>
std::optional<Enum> value_of(const Word<Enum> (&words)[N], std::string_view text) {
  for (const Word<Enum>& word : words) {
    if (word.text == text) return word.value;
  }
  return std::nullopt;
}

constexpr Word<Status> kStatuses[] = {
    {Status::paused, "PAUSED"},           {Status::resuming, "RESUMING"},   {Status::active, "ACTIVE"},
    {Status::pausing, "PAUSING"},         {Status::recycling, "RECYCLING"}, {Status::deallocating, "DEALLOCATING"},
    {Status::deallocated, "DEALLOCATED"}, {Status::error, "ERROR"},         {Status::migrating, "MIGRATING"},
};
constexpr Word<Phase> kPhases[] = {
    {Phase::none, "none"},           {Phase::terminating, "terminating"}, {Phase::saving, "saving"},
    {Phase::launching, "launching"}, {Phase::attaching, "attaching"},     {Phase::checking, "checking"},
};
constexpr Word<Reason> kReasons[] = {
    {Reason::none, "none"},
    {Reason::created, "created"},
    {Reason::interruption, "interruption"},
    {Reason::disappeared, "disappeared"},
    {Reason::unhealthy, "unhealthy"},
    {Reason::recycle, "recycle"},
    {Reason::pause, "pause"},
    {Reason::resume, "resume"},
    {Reason::deletion, "deletion"},
    {Reason::imported, "imported"},
    {Reason::restore, "restore"},
    {Reason::rebalance, "rebalance"},
    {Reason::revert_to_spot, "revert_to_spot"},
    {Reason::preferred_type, "preferred_type"},
    {Reason::cheaper_market, "cheaper_market"},
};
constexpr Word<LifeCycle> kLifeCycles[] = {{LifeCycle::spot, "spot"}, {LifeCycle::on_demand, "on_demand"}};
constexpr Word<BlockDevicesMode> kModes[] = {{BlockDevicesMode::reattach, "reattach"},
                                             {BlockDevicesMode::on_launch, "onLaunch"}};
constexpr Word<TaskType> kTaskTypes[] = {
    {TaskType::pause, "pause"}, {TaskType::resume, "resume"}, {TaskType::recycle, "recycle"}};
constexpr Word<Orientation> kOrientations[] = {{Orientation::balanced, "balanced"},
                                               {Orientation::cost_oriented, "costOriented"},
                                               {Orientation::availability_oriented, "availabilityOriented"},
                                               {Orientation::cheapest, "cheapest"}};
constexpr Word<PerformAt> kPerformAts[] = {
    {PerformAt::never, "never"}, {PerformAt::time_window, "timeWindow"}, {PerformAt::always, "always"}};
constexpr Word<Goal> kGoals[] = {{Goal::running, "running"}, {Goal::paused, "paused"}, {Goal::deleted, "deleted"}};
constexpr Word<InstanceState> kInstanceStates[] = {
    {InstanceState::unknown, "unknown"},       {InstanceState::pending, "pending"},
    {InstanceState::running, "running"},       {InstanceState::stopping, "stopping"},
    {InstanceState::stopped, "stopped"},       {InstanceState::shutting_down, "shutting-down"},
    {InstanceState::terminated, "terminated"},
};
constexpr Word<VolumeState> kVolumeStates[] = {
    {VolumeState::unknown, "unknown"}, {VolumeState::creating, "creating"}, {VolumeState::available, "available"},
    {VolumeState::in_use, "in-use"},   {VolumeState::deleting, "deleting"}, {VolumeState::deleted, "deleted"},
    {VolumeState::error, "error"},
};
constexpr Word<SnapshotState> kSnapshotStates[] = {{SnapshotState::unknown, "unknown"},
                                                   {SnapshotState::pending, "pending"},
                                                   {SnapshotState::completed, "completed"},
                                                   {SnapshotState::error, "error"}};
constexpr Word<ImageState> kImageStates[] = {{ImageState::unknown, "unknown"},
                                             {ImageState::pending, "pending"},
                                             {ImageState::available, "available"},
                                             {ImageState::failed, "failed"}};
constexpr Word<InterfaceState> kInterfaceStates[] = {{InterfaceState::unknown, "unknown"},
                                                     {InterfaceState::available, "available"},
                                                     {InterfaceState::in_use, "in-use"},
                                                     {InterfaceState::pending, "pending"}};
constexpr Word<AttachmentState> kAttachmentStates[] = {{AttachmentState::unknown, "unknown"},
                                                       {AttachmentState::attaching, "attaching"},
                                                       {AttachmentState::attached, "attached"},
                                                       {AttachmentState::detaching, "detaching"},
                                                       {AttachmentState::detached, "detached"}};
constexpr Word<StatusCheck> kStatusChecks[] = {{StatusCheck::unknown, "unknown"},
                                               {StatusCheck::initializing, "initializing"},
                                               {StatusCheck::ok, "ok"},
                                               {StatusCheck::impaired, "impaired"}};
constexpr Word<Retired::What> kWhats[] = {{Retired::What::image, "image"},
                                          {Retired::What::snapshot, "snapshot"},
                                          {Retired::What::volume, "volume"},
                                          {Retired::What::interface, "interface"}};
constexpr Word<Asked::Standing> kStandings[] = {
    {Asked::Standing::asked, "asked"}, {Asked::Standing::unknown, "unknown"}, {Asked::Standing::waiting, "waiting"}};
constexpr Word<Urgency> kUrgencies[] = {{Urgency::save, "save"},
                                        {Urgency::recover, "recover"},
                                        {Urgency::voluntary, "voluntary"},
                                        {Urgency::periodic, "periodic"},
                                        {Urgency::cleanup, "cleanup"}};

// The index in the list is the variant's.
constexpr std::string_view kActions[] = {
    "LaunchInstance",   "TerminateInstance", "CreateSnapshot",    "RegisterImage",    "CreateInterface",
    "CreateVolume",     "AttachVolume",      "KeepOnTermination", "TagVolume",        "DeleteVolume",
    "DeleteSnapshot",   "DeregisterImage",   "DeleteInterface",   "AdoptInstance",    "ReleaseInstance",
    "SnapshotInstance", "LaunchScout",       "EndScout",          "AssociateAddress", "DisassociateAddress",
    "ApplyTags",
};
static_assert(std::size(kActions) == std::variant_size_v<EffectAction>);

constexpr std::string_view kEvents[] = {
    "Created",       "SpecChanged",   "PauseAsked",          "ResumeAsked",
    "RecycleAsked",  "DeleteAsked",   "InterruptionNoticed", "RebalanceRecommended",
    "CloudStirred",  "Observed",      "EffectEnded",         "TimerRang",
    "Restarted",     "SnapshotAsked", "RestoreAsked",        "SnapshotDropped",
    "UndeleteAsked", "AddressGiven",  "PricesSeen",          "VolumeDropped",
};
static_assert(std::size(kEvents) == std::variant_size_v<Event>);

}  // namespace

#define HF_WORDS(Enum, words)                                    \
  std::string_view to_string(Enum value) {                       \
    return word_of(words, value);                                \
  }                                                              \
  template <>                                                    \
  std::optional<Enum> value_named<Enum>(std::string_view word) { \
    return value_of(words, word);                                \
  }

HF_WORDS(Status, kStatuses)
HF_WORDS(Phase, kPhases)
HF_WORDS(Reason, kReasons)
HF_WORDS(LifeCycle, kLifeCycles)
HF_WORDS(BlockDevicesMode, kModes)
HF_WORDS(TaskType, kTaskTypes)
HF_WORDS(Orientation, kOrientations)
HF_WORDS(PerformAt, kPerformAts)
HF_WORDS(Goal, kGoals)
HF_WORDS(InstanceState, kInstanceStates)
HF_WORDS(VolumeState, kVolumeStates)
HF_WORDS(SnapshotState, kSnapshotStates)
HF_WORDS(ImageState, kImageStates)
HF_WORDS(InterfaceState, kInterfaceStates)
HF_WORDS(AttachmentState, kAttachmentStates)
HF_WORDS(StatusCheck, kStatusChecks)
HF_WORDS(Retired::What, kWhats)
HF_WORDS(Asked::Standing, kStandings)
HF_WORDS(Urgency, kUrgencies)
#undef HF_WORDS

namespace {

std::string_view purpose(bool manual, bool final) {
  return manual ? "manual" : final ? "final" : "periodic";
}

}  // namespace

std::string_view purpose_of(const Snapshot& snapshot) {
  return purpose(snapshot.manual, snapshot.final);
}
std::string_view purpose_of(const CreateSnapshot& create) {
  return purpose(create.manual, create.final);
}

std::string_view name_of(const EffectAction& action) {
  return kActions[action.index()];
}
std::string_view name_of(const Event& event) {
  return kEvents[event.index()];
}

}  // namespace holdfast::model
