// EventBridge's events as they lie in a queue, read into what the engine is told. An event kind to a reader.
//
// What holds always: an event of a kind that nobody here waits for is not an error; one of a known kind that lacks what
// it must have is refused whole. An id is passed on only if it looks like one of EC2's.
#pragma once

#include <string_view>
#include <vector>

#include "base/error.h"
#include "ec2/events.h"

namespace holdfast::aws {

// One for each thing that the event is about; none if nobody waits for its kind. Error: invalid, "MalformedEvent".
Result<std::vector<ec2::CloudEvent>> read_event(std::string_view text);

}  // namespace holdfast::aws
