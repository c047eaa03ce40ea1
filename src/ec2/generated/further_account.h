// Requests, answers and resources about account beyond ec2.h. Made by scripts/generate-ec2 from EC2's official model; to change it, change scripts/ec2/members.py.
#pragma once

#include "ec2/ec2.h"

namespace holdfast::ec2 {

struct TagDescription {
  std::string key;
  std::string resource_id;
  std::string resource_type;
  std::string value;
};

struct KeyPairInfo {
  std::string key_pair_id;
  std::string key_fingerprint;
  std::string key_name;
  std::string key_type;
  std::vector<Tag> tags;
  std::string public_key;
  std::optional<Time> create_time;
};

struct Region {
  std::string endpoint;
  std::string region_name;
  std::string opt_in_status;
};

struct AccountAttribute {
  std::string attribute_name;
  std::vector<std::string> attribute_values;
};

struct DescribeTagsResponse {
  std::vector<TagDescription> tags;
  std::string next_token;
};
struct DescribeTagsRequest {
  static constexpr std::string_view kAction = "DescribeTags";
  static constexpr bool kMutates = false;
  using Response = DescribeTagsResponse;
  std::vector<Filter> filters;
  int max_results = 0;
  std::string next_token;
};

struct CreateKeyPairResponse {
  std::string key_fingerprint;
  std::string key_material;
  std::string key_name;
  std::string key_pair_id;
  std::vector<Tag> tags;
};
struct CreateKeyPairRequest {
  static constexpr std::string_view kAction = "CreateKeyPair";
  static constexpr bool kMutates = true;
  using Response = CreateKeyPairResponse;
  std::string key_name;
  std::string key_type;
  std::vector<TagSpecification> tag_specifications;
  std::string key_format;
};

struct ImportKeyPairResponse {
  std::string key_fingerprint;
  std::string key_name;
  std::string key_pair_id;
  std::vector<Tag> tags;
};
struct ImportKeyPairRequest {
  static constexpr std::string_view kAction = "ImportKeyPair";
  static constexpr bool kMutates = true;
  using Response = ImportKeyPairResponse;
  std::string key_name;
  std::string public_key_material;
  std::vector<TagSpecification> tag_specifications;
};

struct DeleteKeyPairRequest {
  static constexpr std::string_view kAction = "DeleteKeyPair";
  static constexpr bool kMutates = true;
  using Response = Empty;
  std::string key_name;
  std::string key_pair_id;
};

struct DescribeKeyPairsResponse {
  std::vector<KeyPairInfo> key_pairs;
};
struct DescribeKeyPairsRequest {
  static constexpr std::string_view kAction = "DescribeKeyPairs";
  static constexpr bool kMutates = false;
  using Response = DescribeKeyPairsResponse;
  std::vector<Filter> filters;
  std::vector<std::string> key_names;
  std::vector<std::string> key_pair_ids;
  std::optional<bool> include_public_key;
};

struct DescribeRegionsResponse {
  std::vector<Region> regions;
};
struct DescribeRegionsRequest {
  static constexpr std::string_view kAction = "DescribeRegions";
  static constexpr bool kMutates = false;
  using Response = DescribeRegionsResponse;
  std::vector<Filter> filters;
  std::vector<std::string> region_names;
  std::optional<bool> all_regions;
};

struct DescribeAccountAttributesResponse {
  std::vector<AccountAttribute> account_attributes;
};
struct DescribeAccountAttributesRequest {
  static constexpr std::string_view kAction = "DescribeAccountAttributes";
  static constexpr bool kMutates = false;
  using Response = DescribeAccountAttributesResponse;
  std::vector<std::string> attribute_names;
};
}  // namespace holdfast::ec2
