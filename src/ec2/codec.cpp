#include "ec2/codec.h"

#include <fmt/core.h>

#include <type_traits>

#include "base/check.h"
#include "ec2/wire.h"

namespace holdfast::ec2 {
namespace {

constexpr std::string_view kNamespace = " xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"";

// Calls `use(R())` for the alternative R whose action has this name; false if there is none.
template <class Variant, size_t I = 0, class F>
bool with_action(std::string_view action, F use) {
  if constexpr (I == std::variant_size_v<Variant>) {
    return false;
  } else {
    using R = std::variant_alternative_t<I, Variant>;
    if (R::kAction != action) return with_action<Variant, I + 1>(action, use);
    use(std::type_identity<R>());
    return true;
  }
}

template <class Variant>
bool has_action(std::string_view action) {
  return with_action<Variant>(action, [](auto) {});
}

template <class R>
constexpr bool kHasDryRun = requires(R r) {
  r.dry_run;
};

// ---- requests

template <class Variant>
std::string encode(const Variant& request, bool dry_run) {
  FormWriter form;
  std::visit(
      [&](const auto& r) {
        using R = std::decay_t<decltype(r)>;
        form.put("Action", R::kAction);
        form.put("Version", kApiVersion);
        if constexpr (kHasDryRun<R>) dry_run = dry_run || r.dry_run;
        if (dry_run) form.put("DryRun", true);
        wire::Wire<R>::write_request(r, form);
      },
      request);
  return encode_pairs(form.pairs());
}

struct Envelope {
  std::string action;
  bool dry_run = false;
};

Result<Envelope> read_envelope(const FormReader& root) {
  const auto action = root.text("Action");
  if (!action || action->empty()) {
    return fail(ErrorKind::invalid, "MissingAction", "The request must contain the parameter Action", "Action");
  }
  const auto version = root.text("Version");
  if (!version)
    return fail(ErrorKind::invalid, "MissingParameter", "The request must contain the parameter Version", "Version");
  if (*version != kApiVersion) {
    return fail(ErrorKind::invalid, "NoSuchVersion",
                fmt::format("The requested version is not served here: give {}", kApiVersion), "Version");
  }
  HF_TRY(const auto dry_run, root.boolean("DryRun"));
  return Envelope{*action, dry_run.value_or(false)};
}

// What nobody read: unknown to EC2, or not in use here. It is never dropped in silence, for it might matter. Parameters
// of a signature in the URL are the signature's business.
Result<void> refuse_unread(const Form& form) {
  constexpr size_t kLooked = 32;  // a signature has eight
  for (const std::string& name : form.unread(kLooked)) {
    if (name.starts_with("X-Amz-")) continue;
    return fail(ErrorKind::invalid, "UnknownParameter",
                fmt::format("The parameter {} is not recognized, or not supported here: leave it out", name), name);
  }
  return {};
}

template <class Variant, class R>
Result<Variant> decode_as(const Form& form, const Envelope& envelope, bool* dry_run) {
  HF_TRY(R request, wire::Wire<R>::read_request(form.root()));
  HF_TRY_VOID(refuse_unread(form));
  if (dry_run != nullptr) *dry_run = envelope.dry_run;
  if constexpr (kHasDryRun<R>) {
    request.dry_run = envelope.dry_run;
  } else if (envelope.dry_run && dry_run == nullptr) {
    return fail(ErrorKind::invalid, "UnsupportedOperation",
                fmt::format("A dry run of {} is not supported here: leave DryRun out", R::kAction), "DryRun");
  }
  return Variant(std::move(request));
}

template <class Variant, class Other>
Result<Variant> decode(const Form& form, bool* dry_run) {
  HF_TRY(const Envelope envelope, read_envelope(form.root()));
  Result<Variant> request =
      fail(ErrorKind::invalid, "InvalidAction",
           fmt::format("The action {} is not valid for this web service.", envelope.action), "Action");
  const bool found = with_action<Variant>(envelope.action, [&]<class R>(std::type_identity<R>) {
    request = decode_as<Variant, R>(form, envelope, dry_run);
  });
  if (!found && has_action<Other>(envelope.action)) {
    return fail(ErrorKind::invalid, "UnsupportedOperation",
                fmt::format("The action {} is not carried out here.", envelope.action), "Action");
  }
  return request;
}

// ---- answers

template <class Requests, class Responses>
std::string encode(const Requests& request, const Responses& response, std::string_view request_id) {
  XmlWriter out;
  std::visit(
      [&](const auto& r) {
        using R = std::decay_t<decltype(r)>;
        const auto* own = std::get_if<typename R::Response>(&response);
        CHECK(own != nullptr);
        out.open(fmt::format("{}Response", R::kAction), kNamespace);
        out.put("requestId", request_id);
        wire::Wire<R>::write_response(*own, out);
        out.close();
      },
      request);
  return out.take();
}

// The call was answered, so it may well have been carried out: what cannot be read is an unknown outcome.
Failure unreadable(Error error) {
  error.kind = ErrorKind::unknown_outcome;
  return Failure(std::move(error));
}

template <class Requests, class Responses>
Result<Responses> decode(std::string_view action, std::string_view xml) {
  auto document = XmlDocument::parse(xml);
  if (!document) return unreadable(document.error());
  const XmlElement root = document->root();
  if (root.name() != fmt::format("{}Response", action)) {
    return unreadable({ErrorKind::unknown_outcome,
                       "MalformedAnswer",
                       fmt::format("the answer to {} is a <{}>", action, root.name()),
                       {}});
  }
  Result<Responses> response = Responses();
  const bool found = with_action<Requests>(action, [&]<class R>(std::type_identity<R>) {
    auto read = wire::Wire<R>::read_response(root);
    if (read)
      response = Responses(std::move(*read));
    else
      response = unreadable(read.error());
  });
  CHECK(found);  // the caller has sent it
  return response;
}

}  // namespace

std::string encode_request(const Request& request, bool dry_run) {
  return encode(request, dry_run);
}
std::string encode_request(const FurtherRequest& request, bool dry_run) {
  return encode(request, dry_run);
}

Result<Request> decode_request(const Form& form, bool* dry_run) {
  return decode<Request, FurtherRequest>(form, dry_run);
}
Result<FurtherRequest> decode_further_request(const Form& form, bool* dry_run) {
  return decode<FurtherRequest, Request>(form, dry_run);
}

std::string encode_response(const Request& request, const Response& response, std::string_view request_id) {
  return encode(request, response, request_id);
}
std::string encode_response(const FurtherRequest& request, const FurtherResponse& response,
                            std::string_view request_id) {
  return encode(request, response, request_id);
}

Result<Response> decode_response(std::string_view action, std::string_view xml) {
  return decode<Request, Response>(action, xml);
}
Result<FurtherResponse> decode_further_response(std::string_view action, std::string_view xml) {
  return decode<FurtherRequest, FurtherResponse>(action, xml);
}

std::string_view action_of(const FurtherRequest& request) {
  return std::visit([](const auto& r) { return std::decay_t<decltype(r)>::kAction; }, request);
}

bool mutates(const FurtherRequest& request) {
  return std::visit([](const auto& r) { return std::decay_t<decltype(r)>::kMutates; }, request);
}

}  // namespace holdfast::ec2
