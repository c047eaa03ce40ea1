// The control surface over HTTP, under /cloud: experiments that nobody does to real EC2 (interruptions, capacity,
// prices, faults), commands in machines, images. Every answer is in the API's envelope. Called by the service's router,
// after it has checked the token; `build` and `exec` block for as long as they take.
#pragma once

#include "cloud/cloud.h"
#include "http/server.h"

namespace holdfast::cloud {

// GET  /cloud/instances
// POST /cloud/instances/{id}/interrupt  {"how":"notice"|"no_notice"|"power_cut","noticeSeconds":N}
// POST /cloud/instances/{id}/rebalance
// POST /cloud/instances/{id}/exec       {"argv":[…],"stdin":"…","timeoutSeconds":N}
// GET  /cloud/instances/{id}/console
// GET  /cloud/images                    POST /cloud/images/{name}/build
// GET  /cloud/markets                   PUT  /cloud/markets
// {"instanceType","availabilityZone","lifeCycle","capacity","price"}
// GET  /cloud/resources                 whatever exists, whoever made it: for finding leaks
// POST /cloud/faults                    {"action","code","delayMilliseconds","loseReply","count"}
http::Response handle_control(Cloud& cloud, const http::Request& request);

}  // namespace holdfast::cloud
