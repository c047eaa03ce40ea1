// The codec as a filter, for wire_test.py: a line on stdin is "request BASE64-FORM" or "response ACTION BASE64-XML";
// the answer is what was read, written again, as base64, or "error CODE MESSAGE". Ends with its input.
#include <iostream>
#include <string>

#include "base/text.h"
#include "ec2/codec.h"

namespace {

using namespace holdfast;

template <class T>
Result<std::string> written(Result<T> read, auto write) {
  if (!read) return Failure(read.error());
  return write(*read);
}

Result<std::string> request_again(const std::string& text) {
  HF_TRY(const ec2::Form form, ec2::Form::parse(text));
  bool dry_run = false;
  auto request = ec2::decode_request(form, &dry_run);
  if (request) return ec2::encode_request(*request, dry_run);
  if (request.error().code != "UnsupportedOperation") return Failure(request.error());
  return written(ec2::decode_further_request(form, &dry_run),
                 [&](const auto& r) { return ec2::encode_request(r, dry_run); });
}

// The alternative of this action, with nothing in it; nothing if there is none.
template <class Variant, size_t I = 0>
std::optional<Variant> empty_request(std::string_view action) {
  if constexpr (I == std::variant_size_v<Variant>) {
    return std::nullopt;
  } else {
    using R = std::variant_alternative_t<I, Variant>;
    if (R::kAction == action) return Variant(R());
    return empty_request<Variant, I + 1>(action);
  }
}

Result<std::string> response_again(const std::string& action, const std::string& xml) {
  if (auto request = empty_request<ec2::Request>(action)) {
    return written(ec2::decode_response(action, xml),
                   [&](const auto& r) { return ec2::encode_response(*request, r, "an-id"); });
  }
  auto request = empty_request<ec2::FurtherRequest>(action);
  if (!request) return fail(ErrorKind::invalid, "InvalidAction", action);
  return written(ec2::decode_further_response(action, xml),
                 [&](const auto& r) { return ec2::encode_response(*request, r, "an-id"); });
}

Result<std::string> answer(const std::vector<std::string>& words) {
  if (words.size() == 2 && words[0] == "request") return request_again(base64_decode(words[1]).value_or(""));
  if (words.size() == 3 && words[0] == "response")
    return response_again(words[1], base64_decode(words[2]).value_or(""));
  return fail(ErrorKind::invalid, "BadLine", "expected: request FORM, or response ACTION XML");
}

}  // namespace

int main() {
  std::string line;
  while (std::getline(std::cin, line)) {
    const auto said = answer(split(line, ' '));
    if (said)
      std::cout << base64_encode(*said) << std::endl;
    else
      std::cout << "error " << describe(said.error()) << std::endl;
  }
}
