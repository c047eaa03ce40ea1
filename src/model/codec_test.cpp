#include "model/codec.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "model/codec_fields.h"
#include "model/names.h"

// Arbitrary states, made by the same tables that the codec reads: every member of every type gets a value.
namespace holdfast::model {
namespace {

template <class T>
concept Structure = std::is_class_v<T> && requires(const T* type) {
  fields(*static_cast<int*>(nullptr), type);
};

// Any bytes: what the cloud says is not always UTF-8.
void draw(std::string& to) {
  to = *rc::gen::arbitrary<std::string>();
}
void draw(bool& to) {
  to = *rc::gen::arbitrary<bool>();
}
void draw(int& to) {
  to = *rc::gen::arbitrary<int>();
}
void draw(Time& to) {
  to = from_millis(*rc::gen::inRange<int64_t>(-1'000'000'000'000, 4'000'000'000'000));
}
void draw(Duration& to) {
  to = Duration(*rc::gen::inRange<int64_t>(0, 4'000'000'000'000));
}

template <class Kind>
void draw(Id<Kind>& to) {
  to = Id<Kind>(*rc::gen::arbitrary<std::string>());
}

template <class T>
requires std::is_enum_v<T>
void draw(T& to) {
  std::vector<T> values;
  for (int i = 0; i < 32; ++i) {
    // Only values that have a word; the tables are complete, or to_string would stop the test.
    auto value = static_cast<T>(i);
    bool known = false;
    if constexpr (std::is_same_v<T, Status>) known = i <= static_cast<int>(Status::migrating);
    if constexpr (std::is_same_v<T, Phase>) known = i <= static_cast<int>(Phase::checking);
    if constexpr (std::is_same_v<T, Reason>) known = i <= static_cast<int>(Reason::cheaper_market);
    if constexpr (std::is_same_v<T, LifeCycle>) known = i <= static_cast<int>(LifeCycle::on_demand);
    if constexpr (std::is_same_v<T, Goal>) known = i <= static_cast<int>(Goal::deleted);
    if constexpr (std::is_same_v<T, InstanceState>) known = i <= static_cast<int>(InstanceState::terminated);
    if constexpr (std::is_same_v<T, VolumeState>) known = i <= static_cast<int>(VolumeState::error);
    if constexpr (std::is_same_v<T, SnapshotState>) known = i <= static_cast<int>(SnapshotState::error);
    if constexpr (std::is_same_v<T, ImageState>) known = i <= static_cast<int>(ImageState::failed);
    if constexpr (std::is_same_v<T, InterfaceState>) known = i <= static_cast<int>(InterfaceState::pending);
    if constexpr (std::is_same_v<T, AttachmentState>) known = i <= static_cast<int>(AttachmentState::detached);
    if constexpr (std::is_same_v<T, StatusCheck>) known = i <= static_cast<int>(StatusCheck::impaired);
    if constexpr (std::is_same_v<T, Retired::What>) known = i <= static_cast<int>(Retired::What::interface);
    if constexpr (std::is_same_v<T, Asked::Standing>) known = i <= static_cast<int>(Asked::Standing::waiting);
    if constexpr (std::is_same_v<T, Urgency>) known = i <= static_cast<int>(Urgency::cleanup);
    if (known) values.push_back(value);
  }
  to = *rc::gen::elementOf(values);
}

template <class T>
void draw(std::optional<T>& to);
template <class T>
void draw(std::vector<T>& to);
template <class T>
void draw(std::map<std::string, T>& to);
void draw(EffectAction& to);
template <Structure T>
void draw(T& to);

template <class T>
struct Drawer {
  T& value;
  template <class Member>
  void operator()(std::string_view, Member member) {
    draw(value.*member);
  }
};

template <Structure T>
void draw(T& to) {
  Drawer<T> drawer{to};
  fields(drawer, static_cast<const T*>(nullptr));
}

template <class T>
void draw(std::optional<T>& to) {
  to.reset();
  if (*rc::gen::arbitrary<bool>()) draw(to.emplace());
}

template <class T>
void draw(std::vector<T>& to) {
  to.resize(*rc::gen::inRange<size_t>(0, 3));
  for (T& item : to) draw(item);
}

template <class T>
void draw(std::map<std::string, T>& to) {
  for (int i = *rc::gen::inRange(0, 3); i > 0; --i) {
    std::string key;
    draw(key);
    draw(to[key]);
  }
}

template <size_t I = 0>
void draw_action(size_t index, EffectAction& to) {
  if constexpr (I < std::variant_size_v<EffectAction>) {
    if (I == index) return draw(to.emplace<I>());
    draw_action<I + 1>(index, to);
  }
}

void draw(EffectAction& to) {
  draw_action(*rc::gen::inRange<size_t>(0, std::variant_size_v<EffectAction>), to);
}

State arbitrary_state() {
  State state;
  draw(state);
  return state;
}

RC_GTEST_PROP(Codec, AnyStateComesBackAsItWasWritten, ()) {
  State state = arbitrary_state();
  Result<State> back = decode_state(encode_state(state));
  RC_ASSERT(back.has_value());
  RC_ASSERT(*back == state);
}

RC_GTEST_PROP(Codec, AnEffectOfEveryKindComesBack, ()) {
  State state;
  for (size_t i = 0; i < std::variant_size_v<EffectAction>; ++i) {
    Asked& asked = state.asked["key-" + std::to_string(i)];
    draw(asked);
    draw_action(i, asked.effect.action);
  }
  Result<State> back = decode_state(encode_state(state));
  RC_ASSERT(back.has_value());
  RC_ASSERT(*back == state);
}

RC_GTEST_PROP(Codec, DamagedTextIsRefusedOrReadButNeverACrash, ()) {
  std::string text = encode_state(arbitrary_state());
  for (int i = *rc::gen::inRange(1, 5); i > 0; --i) {
    text[*rc::gen::inRange<size_t>(0, text.size())] = *rc::gen::arbitrary<char>();
  }
  (void)decode_state(text);
}

RC_GTEST_PROP(Codec, ATextCutShortIsRefused, ()) {
  std::string text = encode_state(arbitrary_state());
  text.resize(*rc::gen::inRange<size_t>(0, text.size()));
  RC_ASSERT(!decode_state(text).has_value());
}

TEST(Codec, WritesNothingForMembersWithTheirDefaults) {
  EXPECT_EQ(encode_state(State{}), R"({"version":1})");
}

TEST(Codec, RefusesAStateOfAnotherVersion) {
  Result<State> state = decode_state(R"({"version":2})");
  ASSERT_FALSE(state.has_value());
  EXPECT_EQ(state.error().field, "version");
  EXPECT_NE(state.error().message.find("version 2"), std::string::npos);
  EXPECT_FALSE(decode_state("{}").has_value());
}

TEST(Codec, RefusesWhatItDoesNotUnderstandAndNamesIt) {
  auto field_of = [](std::string_view text) { return decode_state(text).error().field; };
  EXPECT_EQ(field_of(R"({"version":1,"root":{"id":"vol-1","shape":"round"}})"), "root.shape");
  EXPECT_EQ(field_of(R"({"version":1,"status":"SLEEPY"})"), "status");
  EXPECT_EQ(field_of(R"({"version":1,"generation":1.5})"), "generation");
  EXPECT_EQ(field_of(R"({"version":1,"generation":3000000000})"), "generation");
  EXPECT_EQ(field_of(R"({"version":1,"snapshots":[{},{"state":7}]})"), "snapshots.1.state");
  EXPECT_EQ(field_of(R"({"version":1,"asked":{"k":{"effect":{"action":{"Dance":{}}}}}})"),
            "asked.k.effect.action.Dance");
}

TEST(Codec, KeepsTheWordsThatAreInStoresAlready) {
  State state;
  state.id = ManagedInstanceId("smi-1");
  state.status = Status::recycling;
  state.created_at = from_millis(5);
  state.data["/dev/sdf"].attachment = AttachmentState::detaching;
  Effect effect{"k", DeleteVolume{VolumeId("vol-1")}, Urgency::cleanup, {}};
  state.asked["k"].effect = effect;
  EXPECT_EQ(encode_state(state),
            R"({"id":"smi-1","created_at":5,"status":"RECYCLING","data":{"/dev/sdf":{"attachment":"detaching"}},)"
            R"("asked":{"k":{"effect":{"key":"k","action":{"DeleteVolume":{"volume":"vol-1"}},"urgency":"cleanup"}}},)"
            R"("version":1})");
}

TEST(Names, AreThoseOfTheApi) {
  EXPECT_EQ(to_string(Status::deallocating), "DEALLOCATING");
  EXPECT_EQ(to_string(Phase::terminating), "terminating");
  EXPECT_EQ(to_string(Reason::interruption), "interruption");
  EXPECT_EQ(to_string(BlockDevicesMode::on_launch), "onLaunch");
  EXPECT_EQ(value_named<InstanceState>("shutting-down"), InstanceState::shutting_down);
  EXPECT_EQ(value_named<LifeCycle>("SPOT"), std::nullopt);
}

TEST(Codec, AStateFromBeforeImportsIsRead) {
  Result<State> old = decode_state(R"({"id":"smi-1","status":"ACTIVE","generation":3,"version":1})");
  ASSERT_TRUE(old.has_value());
  EXPECT_FALSE(old->import.has_value());
}

TEST(Codec, AnImportIsWrittenInTheseWords) {
  State state;
  state.status = Status::migrating;
  state.import.emplace().adopted = true;
  state.import->original.instance = InstanceId("i-1");
  state.import->original.root = {"/dev/xvda", VolumeId("vol-1"), 8};
  state.asked["adopt/i-1"].effect.action = AdoptInstance{InstanceId("i-1"), 1, {}, std::nullopt};
  std::string text = encode_state(state);
  EXPECT_EQ(text, R"({"status":"MIGRATING",)"
                  R"("asked":{"adopt/i-1":{"effect":{"action":{"AdoptInstance":{"instance":"i-1","generation":1}}}}},)"
                  R"("import":{"original":{"instance":"i-1","root":{"device":"/dev/xvda","id":"vol-1","size_gib":8}},)"
                  R"("adopted":true},"version":1})");
  EXPECT_EQ(*decode_state(text), state);
}

TEST(Names, OfEffectsAreTheirTypes) {
  EXPECT_EQ(name_of(EffectAction(LaunchInstance{})), "LaunchInstance");
  EXPECT_EQ(name_of(EffectAction(KeepOnTermination{})), "KeepOnTermination");
  EXPECT_EQ(name_of(EffectAction(TagVolume{})), "TagVolume");
  EXPECT_EQ(name_of(EffectAction(DeregisterImage{})), "DeregisterImage");
  EXPECT_EQ(name_of(EffectAction(DeleteInterface{})), "DeleteInterface");
}

TEST(Names, OfEventsAreTheirTypes) {
  EXPECT_EQ(name_of(Event(Created{})), "Created");
  EXPECT_EQ(name_of(Event(DeleteAsked{})), "DeleteAsked");
  EXPECT_EQ(name_of(Event(CloudStirred{})), "CloudStirred");
  EXPECT_EQ(name_of(Event(Restarted{})), "Restarted");
}

}  // namespace
}  // namespace holdfast::model
