// The cloud's events in EventBridge's form, as a rule for EC2's events would put them into a queue. Called by the
// endpoint.
#pragma once

#include <optional>
#include <string>

#include "cloud/cloud.h"
#include "ec2/events.h"

namespace holdfast::cloud::endpoint {

// Nothing for what AWS does not send: the wake-ups of our own about attachments and interfaces. `id` is the event's.
std::optional<std::string> event_json(Cloud& cloud, const ec2::CloudEvent& event, const std::string& id);

}  // namespace holdfast::cloud::endpoint
