// The local cloud as the settings want it: opened on its ground, with its endpoint and the keys that requests are
// signed with. Used by cloud_server.
#pragma once

#include <memory>

#include "base/error.h"
#include "cloud/cloud.h"
#include "cloud/endpoint/endpoint.h"
#include "daemon/data_dir.h"
#include "daemon/settings.h"
#include "daemon/substrate_choice.h"

namespace holdfast::daemon {

// The ground must outlive it. Error: conflict, if the directory has another network than the settings say.
Result<std::unique_ptr<cloud::Cloud>> open_cloud(const Settings& settings, Ground& ground);
// `event_queue`: an SQS queue that is there from the start on; empty: none.
Result<std::unique_ptr<cloud::Endpoint>> open_endpoint(const Settings& settings, cloud::Cloud& cloud,
                                                       const std::string& event_queue);

// The file with the keys that were made here, in the form of AWS's own: AWS_SHARED_CREDENTIALS_FILE can name it.
std::string credentials_file(const DataDir& data_dir);
// The keys that the settings give; without any those of the file, made at the first start, 0600.
Result<void> take_keys(Settings& settings, const DataDir& data_dir);

}  // namespace holdfast::daemon
