// EC2's wire form, both ways: typed requests and answers as Query forms and XML documents, and back. The client (aws)
// encodes requests and decodes answers; the local cloud's server decodes requests and encodes answers: one description
// of each action, generated from the official model (scripts/generate-ec2), serves all four ways.
//
// What holds always: what a request says is either taken into the struct or refused; nothing is dropped in silence. An
// answer's unknown elements are skipped (AWS adds new ones), but a value that is not of its type is an error.
//
// `Request` are the actions that the local cloud carries out, `FurtherRequest` (generated/further.h) the others in use.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "ec2/ec2.h"
#include "ec2/generated/further.h"
#include "ec2/query.h"

namespace holdfast::ec2 {

inline constexpr std::string_view kApiVersion = "2016-11-15";

// ---- requests

// The form's body: Action, Version, then the members. `dry_run` asks for EC2's check of rights alone; the answer is
// then an error, DryRunOperation or UnauthorizedOperation. (RunInstancesRequest::dry_run does the same.)
std::string encode_request(const Request& request, bool dry_run = false);
std::string encode_request(const FurtherRequest& request, bool dry_run = false);

// Errors, all with the code that EC2 answers and the parameter in `field`:
//   MissingAction, InvalidAction        no or an unknown action
//   UnsupportedOperation                a FurtherRequest's action, or a dry run where the caller does not ask about it
//   MissingParameter                    a member that the official model requires
//   UnknownParameter                    unknown to the official model, or not in use here
//   InvalidParameterValue               not a number, not a time, …
//   NoSuchVersion                       of the API
// `dry_run`: where the caller learns that the request is one and that nothing must be done. Without it such a request
// is refused, because carrying it out would do what was to be checked only. A RunInstancesRequest has it as a member.
Result<Request> decode_request(const Form& form, bool* dry_run = nullptr);
Result<FurtherRequest> decode_further_request(const Form& form, bool* dry_run = nullptr);

// ---- answers

// `response` must be the request's own alternative.
std::string encode_response(const Request& request, const Response& response, std::string_view request_id);
std::string encode_response(const FurtherRequest& request, const FurtherResponse& response,
                            std::string_view request_id);

// Errors: MalformedXml, MalformedAnswer, both `unknown_outcome`: the call was answered, so it may have been carried
// out.
Result<Response> decode_response(std::string_view action, std::string_view xml);
Result<FurtherResponse> decode_further_response(std::string_view action, std::string_view xml);

// ---- errors

std::string encode_error(std::string_view code, std::string_view message, std::string_view request_id);

// What an answer with a status other than 2xx says, in EC2's form or that of SQS and STS. Where the document says
// nothing, the status decides: 401, 403 denied; 429 throttled; other 4xx invalid; the rest unknown_outcome.
Error decode_error(std::string_view xml, int http_status);

// The HTTP status that EC2 sends with an error code: 400 where it is the caller's fault, 401 or 403 for missing rights,
// 412 for DryRunOperation, 500 and 503 for its own.
int http_status_of(std::string_view code);

// Of an answer or an error: for logs and support. Empty if there is none.
std::string request_id_of(std::string_view xml);

std::string_view action_of(const FurtherRequest& request);
bool mutates(const FurtherRequest& request);

}  // namespace holdfast::ec2
