// Rows of the model and requests with a client token as JSON text, and rows back. One description of each type's
// members (codec.cpp) serves both ways. A member that is missing keeps its default, one that is unknown is left
// alone, so that newer and older versions can read each other's rows. Called by the store and by the token rules.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "cloud/model.h"
#include "ec2/ec2.h"

namespace holdfast::cloud {

std::string encode(const Instance& row);
std::string encode(const Volume& row);
std::string encode(const Snapshot& row);
std::string encode(const Image& row);
std::string encode(const Interface& row);
std::string encode(const Subnet& row);
std::string encode(const Vpc& row);
std::string encode(const SecurityGroup& row);
std::string encode(const Market& row);
std::string encode(const Token& row);
std::string encode(const Meta& row);
std::string encode(const Modification& row);
std::string encode(const RootTask& row);
std::string encode(const Allocation& row);
std::string encode(const KeyPair& row);
std::string encode(const SpotRequest& row);

Result<void> decode(std::string_view json, Instance& row);
Result<void> decode(std::string_view json, Volume& row);
Result<void> decode(std::string_view json, Snapshot& row);
Result<void> decode(std::string_view json, Image& row);
Result<void> decode(std::string_view json, Interface& row);
Result<void> decode(std::string_view json, Subnet& row);
Result<void> decode(std::string_view json, Vpc& row);
Result<void> decode(std::string_view json, SecurityGroup& row);
Result<void> decode(std::string_view json, Market& row);
Result<void> decode(std::string_view json, Token& row);
Result<void> decode(std::string_view json, Meta& row);
Result<void> decode(std::string_view json, Modification& row);
Result<void> decode(std::string_view json, RootTask& row);
Result<void> decode(std::string_view json, Allocation& row);
Result<void> decode(std::string_view json, KeyPair& row);
Result<void> decode(std::string_view json, SpotRequest& row);

// The exact request, to be compared with a later one that carries the same token.
std::string encode(const ec2::RunInstancesRequest& request);
std::string encode(const ec2::CreateVolumeRequest& request);
std::string encode(const ec2::CreateNetworkInterfaceRequest& request);
std::string encode(const ec2::RequestSpotInstancesRequest& request);
std::string encode(const ec2::CreateReplaceRootVolumeTaskRequest& request);
// A launch that waits for capacity (SpotRequest::launch).
Result<void> decode(std::string_view json, ec2::RunInstancesRequest& request);

}  // namespace holdfast::cloud
