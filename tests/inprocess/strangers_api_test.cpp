// Requests that nobody who means well would send: mutated paths, methods, parameters, headers and bodies. Whatever
// comes, the answer is an envelope and no 5xx, faults have codes and fields that are text, and the service goes on.
#include "base/random.h"
#include "base/text.h"
#include "inprocess/api_world.h"

namespace holdfast::inprocess {
namespace {

namespace json = boost::json;

constexpr int kRequests = 6000;

struct StrangersApi : ApiWorld {
  // A piece of text that has been somewhere else before.
  std::string mutated(std::string text) {
    const std::vector<std::string> pieces = {
        "..",   "/",     "//", "%00",     "\0", "\xff\xfe", "{",         "}",     "[",      "null",
        "-1",   "1e999", "\"", "\\u0000", "é",  "smi-",     "migration", "state", "dryRun", std::string(300, 'a'),
        "\r\n", "?",     "&",  "=",       " "};
    const int times = 1 + static_cast<int>(random.below(3));
    for (int i = 0; i < times; ++i) {
      const size_t at = random.below(text.size() + 1);
      switch (random.below(4)) {
        case 0:
          text.insert(at, pieces[random.below(pieces.size())]);
          break;
        case 1:
          text.erase(at, random.below(8));
          break;
        case 2:
          if (at < text.size()) text[at] = static_cast<char>(random.below(256));
          break;
        default:
          text += text.substr(at);
          break;
      }
      if (text.size() > 4096) text.resize(4096);
    }
    return text;
  }
  template <class List>
  auto one_of(const List& list) {
    return list[random.below(list.size())];
  }

  http::Request stranger() {
    const std::vector<std::string> paths = {"",
                                            "/" + id,
                                            "/" + id + "/status",
                                            "/" + id + "/pause",
                                            "/" + id + "/recycle",
                                            "/" + id + "/why",
                                            "/events",
                                            "/state",
                                            "/" + id + "/costs",
                                            "/" + id + "/history",
                                            "/migration/bulk",
                                            "/migration/search",
                                            "/" + id + "/events",
                                            "/" + id + "/volume/vol-1"};
    const std::vector<std::string> methods = {"GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "", "get", "\xff"};
    const std::vector<std::string> bodies = {
        "",
        "{}",
        body,
        R"({"managedInstance":{"name":"x"}})",
        R"({"managedInstances":[{"id":")" + id + R"(","state":"PAUSE"}]})",
        R"({"deallocationConfig":{"shouldDeleteImages":true},"amiBackup":{"shouldDeleteImages":true}})",
        R"({"managedInstancesMigrations":[{"originalInstanceId":"i-00000000000000001","shouldTerminateInstance":true}]})",
        R"({"migrationIds":["smi-00000000"]})",
        std::string(2000, '[')};
    const std::vector<std::pair<std::string, std::string>> parameters = {
        {"limit", "10"}, {"after", "1"},         {"dryRun", "true"}, {"status", "ACTIVE"}, {"fromDate", "2026-01-01"},
        {"name", "x"},   {"accountId", "act-1"}, {"before", "5"},    {"toDate", "x"},      {"autoApplyTags", "false"}};
    http::Request request;
    request.method = one_of(methods);
    request.path = std::string(kRoot) + one_of(paths);
    request.body = one_of(bodies);
    if (random.below(2) == 0) request.path = mutated(request.path);
    if (random.below(2) == 0) request.body = mutated(request.body);
    for (uint64_t i = random.below(3); i > 0; --i) {
      auto [name, value] = one_of(parameters);
      if (random.below(3) == 0) name = mutated(name);
      if (random.below(3) == 0) value = mutated(value);
      request.query.emplace_back(name, value);
    }
    if (random.below(8) == 0) request.headers["if-match"] = mutated("\"abc\"");
    if (random.below(8) == 0) request.headers["idempotency-key"] = mutated("key");
    return request;
  }

  Random random{20261130};
  std::string body = R"({"managedInstance":)" + document({}) + "}";
  std::string id = create_active();
};

TEST_F(StrangersApi, AreAnsweredInTheEnvelopeAndNeverWithA5xx) {
  std::map<int, int> statuses;
  for (int i = 0; i < kRequests; ++i) {
    const http::Request request = stranger();
    const http::Response response = answer_to(request);
    ++statuses[response.status];
    ASSERT_LT(response.status, 500) << quoted(request.method) << " " << quoted(request.path, 300) << "\n"
                                    << quoted(request.body, 2000) << "\n"
                                    << response.body;
    if (response.stream) continue;
    json::error_code bad;
    const json::value answer = json::parse(response.body, bad);
    ASSERT_FALSE(bad) << response.body;
    ASSERT_EQ(answer.at("response").at("status").at("code"), response.status);
    if (response.status == 200) continue;
    const json::array& errors = answer.at("response").at("errors").get_array();
    ASSERT_FALSE(errors.empty());
    for (const json::value& error : errors) {
      ASSERT_FALSE(error.at("code").get_string().empty()) << response.body;
      ASSERT_FALSE(error.at("message").get_string().empty()) << response.body;
    }
  }
  EXPECT_GT(statuses[200], 100) << "some get through";
  EXPECT_GT(statuses[400], 300);
  EXPECT_EQ(get("/" + id).at("status").at("code"), 200) << "the service goes on";
}

}  // namespace
}  // namespace holdfast::inprocess
