// Checks our signatures against botocore's: reads requests that botocore signed (one a line, made by sigv4_check.py),
// signs each anew, verifies botocore's as a server would, and makes sure that a changed body is refused. Exit status 0
// only if every line agreed; prints their number.
#include <iostream>
#include <string>

#include "base/text.h"
#include "base/time.h"
#include "ec2/sigv4.h"

namespace {

using namespace holdfast;
using namespace holdfast::ec2;

struct Line {
  std::string method, path, query, headers, body, access, secret, token, region, service, time, authorization;
};

bool read(std::istream& in, Line& line) {
  std::string text;
  if (!std::getline(in, text)) return false;
  std::vector<std::string> fields = split(text, ' ');
  std::string* const members[] = {&line.method, &line.path,    &line.query,  &line.headers,
                                  &line.body,   &line.access,  &line.secret, &line.token,
                                  &line.region, &line.service, &line.time,   &line.authorization};
  for (size_t i = 0; i < std::size(members); ++i) *members[i] = base64_decode(fields.at(i)).value();
  return true;
}

Pairs query_of(const std::string& raw) {
  Pairs pairs;
  if (raw.empty()) return pairs;
  for (const std::string& part : split(raw, '&')) {
    const size_t equals = std::min(part.find('='), part.size());
    pairs.emplace_back(uri_decode(part.substr(0, equals), Plus::as_space).value(),
                       uri_decode(part.substr(std::min(equals + 1, part.size())), Plus::as_space).value());
  }
  return pairs;
}

Pairs headers_of(const std::string& raw) {
  Pairs pairs;
  for (const std::string& line : split(raw, '\n')) {
    const size_t colon = line.find(':');
    if (colon != std::string::npos) pairs.emplace_back(line.substr(0, colon), line.substr(colon + 1));
  }
  return pairs;
}

// Empty if all agreed.
std::string disagreement(const Line& line) {
  const sigv4::Key key{line.access, line.secret, line.token};
  const sigv4::Scope scope{line.region, line.service};
  const Time now = from_millis(*parse_int(line.time) * 1000);
  sigv4::Message message{line.method, line.path, query_of(line.query), headers_of(line.headers), line.body};
  const Pairs added = sigv4::sign(message, key, scope, now);
  if (added.back().second != line.authorization) return "signed " + added.back().second;
  for (const auto& header : added) {
    if (header.first != "Authorization") message.headers.push_back(header);
  }
  message.headers.emplace_back("Authorization", line.authorization);
  auto lookup = [&](std::string_view name) -> std::optional<sigv4::Key> {
    if (name == key.access_key) return key;
    return std::nullopt;
  };
  auto verified = sigv4::verify(message, lookup, {line.service, line.region}, now);
  if (!verified) return "verify: " + describe(verified.error());
  const std::string changed = line.body + "x";
  message.body = changed;
  if (sigv4::verify(message, lookup, {line.service, line.region}, now)) return "a changed body was accepted";
  return "";
}

}  // namespace

int main() {
  Line line;
  int count = 0;
  for (; read(std::cin, line); ++count) {
    const std::string trouble = disagreement(line);
    if (trouble.empty()) continue;
    std::cerr << "line " << count + 1 << ": " << line.method << " " << line.path << "?" << line.query << "\n"
              << line.headers << "\nbotocore " << line.authorization << "\n"
              << trouble << "\n";
    return 1;
  }
  std::cout << count << "\n";
  return 0;
}
