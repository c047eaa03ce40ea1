#include "model/codec.h"

#include <algorithm>
#include <boost/json.hpp>
#include <limits>
#include <type_traits>

#include "model/codec_fields.h"
#include "model/names.h"

namespace holdfast::model {
namespace json = boost::json;
namespace {

// How the state is written: a member with its default value is left out; optionals only where engaged; times and
// lengths of time as milliseconds; enumerations as their words; an effect's action as {"ItsName": {…}}.

template <class T>
concept Structure = std::is_class_v<T> && requires(const T* type) {
  fields(*static_cast<int*>(nullptr), type);
};

template <class T>
concept Enumeration = std::is_enum_v<T>;

// ---- every stored member is named: a member added to a type and forgotten in codec_fields.h does not compile

struct Anything {
  template <class T>
  operator T() const;  // never defined: only asked about
};

template <class T, size_t... I>
constexpr bool takes(std::index_sequence<I...>) {
  return requires {
    T{(static_cast<void>(I), Anything{})...};
  };
}

constexpr size_t kMostMembers = 64;

template <class T, size_t N = kMostMembers>
constexpr size_t member_count() {
  if constexpr (N == 0 || takes<T>(std::make_index_sequence<N>())) {
    return N;
  } else {
    return member_count<T, N - 1>();
  }
}

struct Counter {
  size_t count = 0;
  template <class Member>
  constexpr void operator()(std::string_view, Member) {
    ++count;
  }
};

template <class T>
constexpr size_t named_count() {
  Counter counter;
  fields(counter, static_cast<const T*>(nullptr));
  return counter.count;
}

template <class T>
constexpr size_t kUnstored = 0;
template <>
constexpr size_t kUnstored<State> = 1;  // looking

template <class T>
constexpr bool kAllNamed = named_count<T>() + kUnstored<T> == member_count<T>();

// ---- writing

json::value write(bool value) {
  return value;
}
json::value write(int value) {
  return value;
}
json::value write(const std::string& value) {
  return json::value(value);
}
json::value write(Time value) {
  return to_millis(value);
}
json::value write(Duration value) {
  return int64_t{value.count()};
}
template <class Kind>
json::value write(const Id<Kind>& value) {
  return json::value(value.str());
}
template <Enumeration T>
json::value write(T value) {
  return json::value(to_string(value));
}
template <class T>
json::value write(const std::optional<T>& value);
template <class T>
json::value write(const std::vector<T>& list);
template <class T>
json::value write(const std::map<std::string, T>& map);
json::value write(const EffectAction& action);
template <Structure T>
json::value write(const T& value);

template <class T>
struct Writer {
  const T& value;
  const T& standard;
  json::object& object;
  template <class Member>
  void operator()(std::string_view name, Member member) {
    if (value.*member == standard.*member) return;
    object.emplace(name, write(value.*member));
  }
};

template <Structure T>
json::value write(const T& value) {
  static_assert(kAllNamed<T>, "a member is missing in codec_fields.h");
  static const T standard{};
  json::object object;
  Writer<T> writer{value, standard, object};
  fields(writer, static_cast<const T*>(nullptr));
  return object;
}

template <class T>
json::value write(const std::optional<T>& value) {
  return write(*value);  // an empty one is the default and left out
}

template <class T>
json::value write(const std::vector<T>& list) {
  json::array array;
  for (const T& item : list) array.push_back(write(item));
  return array;
}

template <class T>
json::value write(const std::map<std::string, T>& map) {
  json::object object;
  for (const auto& [key, item] : map) object.emplace(key, write(item));
  return object;
}

json::value write(const EffectAction& action) {
  json::object object;
  object.emplace(name_of(action), std::visit([](const auto& a) { return write(a); }, action));
  return object;
}

// ---- reading

Failure corrupt(std::string message, std::string field) {
  return fail(ErrorKind::invalid, "UnreadableState", std::move(message), std::move(field));
}

Result<void> read(const json::value& from, bool& to) {
  if (!from.is_bool()) return corrupt("must be true or false", {});
  to = from.get_bool();
  return {};
}

Result<void> read_whole(const json::value& from, int64_t& to) {
  if (from.is_int64()) {
    to = from.get_int64();
    return {};
  }
  return corrupt("must be a whole number", {});
}

Result<void> read(const json::value& from, int& to) {
  int64_t number = 0;
  HF_TRY_VOID(read_whole(from, number));
  if (number < std::numeric_limits<int>::min() || number > std::numeric_limits<int>::max()) {
    return corrupt("is out of range", {});
  }
  to = static_cast<int>(number);
  return {};
}

Result<void> read(const json::value& from, std::string& to) {
  if (!from.is_string()) return corrupt("must be a text", {});
  to = std::string(from.get_string());
  return {};
}

Result<void> read(const json::value& from, Time& to) {
  int64_t millis = 0;
  HF_TRY_VOID(read_whole(from, millis));
  to = from_millis(millis);
  return {};
}

Result<void> read(const json::value& from, Duration& to) {
  int64_t millis = 0;
  HF_TRY_VOID(read_whole(from, millis));
  to = Duration(millis);
  return {};
}

template <class Kind>
Result<void> read(const json::value& from, Id<Kind>& to) {
  std::string text;
  HF_TRY_VOID(read(from, text));
  to = Id<Kind>(std::move(text));
  return {};
}

template <Enumeration T>
Result<void> read(const json::value& from, T& to) {
  std::string word;
  HF_TRY_VOID(read(from, word));
  std::optional<T> value = value_named<T>(word);
  if (!value) return corrupt("has the unknown value '" + word + "'", {});
  to = *value;
  return {};
}

template <class T>
Result<void> read(const json::value& from, std::optional<T>& to);
template <class T>
Result<void> read(const json::value& from, std::vector<T>& to);
template <class T>
Result<void> read(const json::value& from, std::map<std::string, T>& to);
Result<void> read(const json::value& from, EffectAction& to);
template <Structure T>
Result<void> read(const json::value& from, T& to);

// The fault with `step` put before its path.
Failure within(std::string_view step, Error error) {
  error.field = error.field.empty() ? std::string(step) : std::string(step) + "." + error.field;
  return Failure(std::move(error));
}

template <class T>
struct Reader {
  const json::object& object;
  T& value;
  size_t found = 0;
  Result<void> result;
  std::vector<std::string_view> names;

  template <class Member>
  void operator()(std::string_view name, Member member) {
    names.push_back(name);
    const json::value* item = object.if_contains(name);
    if (item == nullptr || !result) return;
    ++found;
    if (Result<void> status = read(*item, value.*member); !status) result = within(name, std::move(status).error());
  }
};

template <Structure T>
Result<void> read(const json::value& from, T& to) {
  if (!from.is_object()) return corrupt("must be an object", {});
  to = T{};
  Reader<T> reader{from.get_object(), to, 0, {}, {}};
  fields(reader, static_cast<const T*>(nullptr));
  HF_TRY_VOID(std::move(reader.result));
  if (reader.found == from.get_object().size()) return {};
  for (const auto& member : from.get_object()) {
    std::string_view key(member.key().data(), member.key().size());
    if (std::find(reader.names.begin(), reader.names.end(), key) == reader.names.end()) {
      return corrupt("is not known to this version", std::string(key));
    }
  }
  return corrupt("must be an object without doubled keys", {});
}

template <class T>
Result<void> read(const json::value& from, std::optional<T>& to) {
  return read(from, to.emplace());
}

template <class T>
Result<void> read(const json::value& from, std::vector<T>& to) {
  if (!from.is_array()) return corrupt("must be a list", {});
  to.clear();
  for (const json::value& item : from.get_array()) {
    if (Result<void> status = read(item, to.emplace_back()); !status) {
      return within(std::to_string(to.size() - 1), std::move(status).error());
    }
  }
  return {};
}

template <class T>
Result<void> read(const json::value& from, std::map<std::string, T>& to) {
  if (!from.is_object()) return corrupt("must be an object", {});
  to.clear();
  for (const auto& member : from.get_object()) {
    std::string key(member.key());
    if (Result<void> status = read(member.value(), to[key]); !status) return within(key, std::move(status).error());
  }
  return {};
}

template <size_t I = 0>
Result<void> read_action(std::string_view name, const json::value& from, EffectAction& to) {
  if constexpr (I == std::variant_size_v<EffectAction>) {
    return corrupt("is no effect known to this version", std::string(name));
  } else {
    if (name_of(EffectAction(std::in_place_index<I>)) != name) return read_action<I + 1>(name, from, to);
    Result<void> status = read(from, to.emplace<I>());
    if (!status) return within(name, std::move(status).error());
    return {};
  }
}

Result<void> read(const json::value& from, EffectAction& to) {
  if (!from.is_object() || from.get_object().size() != 1) return corrupt("must be an object with one member", {});
  const auto& member = *from.get_object().begin();
  return read_action(std::string_view(member.key().data(), member.key().size()), member.value(), to);
}

}  // namespace

std::string encode_state(const State& state) {
  json::value value = write(state);
  value.get_object().emplace("version", kStateVersion);
  return json::serialize(value);
}

Result<State> decode_state(std::string_view text) {
  // Texts of the cloud may hold bytes that are not UTF-8: what was written must be readable, whatever it holds.
  json::parse_options options;
  options.allow_invalid_utf8 = true;
  json::error_code error;
  json::value value = json::parse(text, error, {}, options);
  if (error) return corrupt("The stored state is no JSON: " + error.message(), {});
  if (!value.is_object()) return corrupt("The stored state is no JSON object", {});
  int version = 0;
  json::value* stored = value.get_object().if_contains("version");
  if (stored == nullptr || !read(*stored, version)) return corrupt("The stored state has no version", "version");
  if (version != kStateVersion) {
    return corrupt("The state was stored with version " + std::to_string(version) + ", this program knows version " +
                       std::to_string(kStateVersion) + ": run the version of the program that wrote it",
                   "version");
  }
  value.get_object().erase("version");
  State state;
  HF_TRY_VOID(read(value, state));
  return state;
}

}  // namespace holdfast::model
