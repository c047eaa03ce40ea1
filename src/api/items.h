// What clients read: a managed instance as its user wrote it, its status, and its history, as JSON. Reading only; the
// views never change.
#pragma once

#include <boost/json/fwd.hpp>

#include "engine/store.h"
#include "engine/view.h"

namespace holdfast::api {

// User data and scripts may hold secrets: they are shown where one managed instance is read by whoever may change it,
// never in a list.
enum class Detail { one, listed };

// Takes user data and scripts out of a document.
void hide_secrets(boost::json::object& document);

boost::json::object item_of(const engine::View& view, Detail detail);
// api.md's members, and ours besides: error, phase, generation, interface, volumes, snapshots, images, retired, asked,
// handover.
boost::json::object status_item_of(const engine::View& view);
boost::json::object event_item_of(const engine::StoredRecord& stored);

}  // namespace holdfast::api
