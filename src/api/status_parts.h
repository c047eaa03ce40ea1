// The parts of a status answer, each a piece of the state in the words of the API. Called by items.cpp only.
#pragma once

#include <boost/json/fwd.hpp>

#include "model/spec.h"
#include "model/state.h"

namespace holdfast::api {

// instanceId, instanceType, imageId, privateIp, publicIp, ipv6Address, launchedAt, lifeCycle, availabilityZone: of the
// instance that is current; null where there is none. interface: id, ip, mac, state.
void add_instance(const model::State& state, boost::json::object& item);
// phase, and handover: reason, since when, each phase's beginning.
void add_handover(const model::State& state, boost::json::object& item);
// volumes, snapshots, images: what holds the state now. Of a volume that is copied by snapshots: its recovery point,
// and how often one is wanted and was reached last.
void add_copies(const model::Spec& spec, const model::State& state, boost::json::object& item);
// asked: calls whose end is not known yet; cooling: markets left alone; retired: what goes when it is due.
void add_pending(const model::State& state, boost::json::object& item);

}  // namespace holdfast::api
