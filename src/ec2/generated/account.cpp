// The wire form of the actions about account. Made by scripts/generate-ec2 from EC2's official model; to change it, change scripts/ec2/members.py.
#include "ec2/generated/shapes.h"

namespace holdfast::ec2::wire {
namespace shape {

struct AvailabilityZone {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"ZoneName", "zoneName"}, v.zone_name);
    a.value({"ZoneId", "zoneId"}, v.zone_id);
    a.value({"RegionName", "regionName"}, v.region_name);
    a.value({"ZoneState", "zoneState"}, v.state);
  }
};

struct SpotPrice {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"InstanceType", "instanceType"}, v.instance_type);
    a.value({"AvailabilityZone", "availabilityZone"}, v.availability_zone);
    a.value({"ProductDescription", "productDescription"}, v.product_description);
    special::decimal(a, {"SpotPrice", "spotPrice"}, v.spot_price);
    a.value({"Timestamp", "timestamp"}, v.timestamp);
  }
};

struct TagDescription {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"Key", "key"}, v.key, kAlways);
    a.value({"ResourceId", "resourceId"}, v.resource_id);
    a.value({"ResourceType", "resourceType"}, v.resource_type);
    a.value({"Value", "value"}, v.value, kAlways);
  }
};

struct KeyPairInfo {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"KeyPairId", "keyPairId"}, v.key_pair_id);
    a.value({"KeyFingerprint", "keyFingerprint"}, v.key_fingerprint);
    a.value({"KeyName", "keyName"}, v.key_name);
    a.value({"KeyType", "keyType"}, v.key_type);
    a.template objects<Tag>({"TagSet", "tagSet"}, v.tags);
    a.value({"PublicKey", "publicKey"}, v.public_key);
    a.value({"CreateTime", "createTime"}, v.create_time);
  }
};

struct Region {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"RegionEndpoint", "regionEndpoint"}, v.endpoint);
    a.value({"RegionName", "regionName"}, v.region_name);
    a.value({"OptInStatus", "optInStatus"}, v.opt_in_status);
  }
};

struct AccountAttribute {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"AttributeName", "attributeName"}, v.attribute_name);
    a.values_within(
        {"AttributeValueSet", "attributeValueSet"}, {"AttributeValue", "attributeValue"}, v.attribute_values);
  }
};

struct DescribeAvailabilityZonesIn {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.values({"ZoneName", "ZoneName"}, v.zone_names);
    a.template objects<Filter>({"Filter", "Filter"}, v.filters);
  }
};

struct DescribeAvailabilityZonesOut {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.template objects<AvailabilityZone>({"AvailabilityZoneInfo", "availabilityZoneInfo"}, v.availability_zones);
  }
};

struct DescribeSpotPriceHistoryIn {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.values({"InstanceType", "InstanceType"}, v.instance_types);
    a.value({"StartTime", "startTime"}, v.start_time);
    a.value({"NextToken", "nextToken"}, v.next_token);
    a.value({"AvailabilityZone", "availabilityZone"}, v.availability_zone);
    a.values({"ProductDescription", "ProductDescription"}, v.product_descriptions);
    a.value({"EndTime", "endTime"}, v.end_time);
    a.template objects<Filter>({"Filter", "Filter"}, v.filters);
    a.value({"MaxResults", "maxResults"}, v.max_results, kZeroAbsent);
  }
};

struct DescribeSpotPriceHistoryOut {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.template objects<SpotPrice>({"SpotPriceHistorySet", "spotPriceHistorySet"}, v.spot_price_history);
    a.value({"NextToken", "nextToken"}, v.next_token);
  }
};

struct CreateTagsIn {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.values({"ResourceId", "ResourceId"}, v.resources, kRequired);
    a.template objects<Tag>({"Tag", "Tag"}, v.tags, kRequired);
  }
};

struct DeleteTagsIn {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.values({"ResourceId", "resourceId"}, v.resources, kRequired);
    a.template objects<Tag>({"Tag", "tag"}, v.tags);
  }
};

struct DescribeTagsIn {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.template objects<Filter>({"Filter", "Filter"}, v.filters);
    a.value({"MaxResults", "maxResults"}, v.max_results, kZeroAbsent);
    a.value({"NextToken", "nextToken"}, v.next_token);
  }
};

struct DescribeTagsOut {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.template objects<TagDescription>({"TagSet", "tagSet"}, v.tags);
    a.value({"NextToken", "nextToken"}, v.next_token);
  }
};

struct CreateKeyPairIn {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"KeyName", "KeyName"}, v.key_name, kRequired);
    a.value({"KeyType", "KeyType"}, v.key_type);
    a.template objects<TagSpecification>({"TagSpecification", "TagSpecification"}, v.tag_specifications);
    a.value({"KeyFormat", "KeyFormat"}, v.key_format);
  }
};

struct CreateKeyPairOut {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"KeyFingerprint", "keyFingerprint"}, v.key_fingerprint);
    a.value({"KeyMaterial", "keyMaterial"}, v.key_material);
    a.value({"KeyName", "keyName"}, v.key_name);
    a.value({"KeyPairId", "keyPairId"}, v.key_pair_id);
    a.template objects<Tag>({"TagSet", "tagSet"}, v.tags);
  }
};

struct ImportKeyPairIn {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"KeyName", "keyName"}, v.key_name, kRequired);
    special::base64(a, {"PublicKeyMaterial", "publicKeyMaterial"}, v.public_key_material);
    a.template objects<TagSpecification>({"TagSpecification", "TagSpecification"}, v.tag_specifications);
  }
};

struct ImportKeyPairOut {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"KeyFingerprint", "keyFingerprint"}, v.key_fingerprint);
    a.value({"KeyName", "keyName"}, v.key_name);
    a.value({"KeyPairId", "keyPairId"}, v.key_pair_id);
    a.template objects<Tag>({"TagSet", "tagSet"}, v.tags);
  }
};

struct DeleteKeyPairIn {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"KeyName", "KeyName"}, v.key_name);
    a.value({"KeyPairId", "KeyPairId"}, v.key_pair_id);
  }
};

struct DescribeKeyPairsIn {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.template objects<Filter>({"Filter", "Filter"}, v.filters);
    a.values({"KeyName", "KeyName"}, v.key_names);
    a.values({"KeyPairId", "KeyPairId"}, v.key_pair_ids);
    a.value({"IncludePublicKey", "IncludePublicKey"}, v.include_public_key);
  }
};

struct DescribeKeyPairsOut {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.template objects<KeyPairInfo>({"KeySet", "keySet"}, v.key_pairs);
  }
};

struct DescribeRegionsIn {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.template objects<Filter>({"Filter", "Filter"}, v.filters);
    a.values({"RegionName", "RegionName"}, v.region_names);
    a.value({"AllRegions", "AllRegions"}, v.all_regions);
  }
};

struct DescribeRegionsOut {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.template objects<Region>({"RegionInfo", "regionInfo"}, v.regions);
  }
};

struct DescribeAccountAttributesIn {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.values({"AttributeName", "attributeName"}, v.attribute_names);
  }
};

struct DescribeAccountAttributesOut {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.template objects<AccountAttribute>({"AccountAttributeSet", "accountAttributeSet"}, v.account_attributes);
  }
};

}  // namespace shape

template <>
struct ShapesOf<DescribeAvailabilityZonesRequest> {
  using In = shape::DescribeAvailabilityZonesIn;
  using Out = shape::DescribeAvailabilityZonesOut;
};
template struct Wire<DescribeAvailabilityZonesRequest>;

template <>
struct ShapesOf<DescribeSpotPriceHistoryRequest> {
  using In = shape::DescribeSpotPriceHistoryIn;
  using Out = shape::DescribeSpotPriceHistoryOut;
};
template struct Wire<DescribeSpotPriceHistoryRequest>;

template <>
struct ShapesOf<CreateTagsRequest> {
  using In = shape::CreateTagsIn;
  using Out = ReturnTrue;
};
template struct Wire<CreateTagsRequest>;

template <>
struct ShapesOf<DeleteTagsRequest> {
  using In = shape::DeleteTagsIn;
  using Out = ReturnTrue;
};
template struct Wire<DeleteTagsRequest>;

template <>
struct ShapesOf<DescribeTagsRequest> {
  using In = shape::DescribeTagsIn;
  using Out = shape::DescribeTagsOut;
};
template struct Wire<DescribeTagsRequest>;

template <>
struct ShapesOf<CreateKeyPairRequest> {
  using In = shape::CreateKeyPairIn;
  using Out = shape::CreateKeyPairOut;
};
template struct Wire<CreateKeyPairRequest>;

template <>
struct ShapesOf<ImportKeyPairRequest> {
  using In = shape::ImportKeyPairIn;
  using Out = shape::ImportKeyPairOut;
};
template struct Wire<ImportKeyPairRequest>;

template <>
struct ShapesOf<DeleteKeyPairRequest> {
  using In = shape::DeleteKeyPairIn;
  using Out = ReturnTrue;
};
template struct Wire<DeleteKeyPairRequest>;

template <>
struct ShapesOf<DescribeKeyPairsRequest> {
  using In = shape::DescribeKeyPairsIn;
  using Out = shape::DescribeKeyPairsOut;
};
template struct Wire<DescribeKeyPairsRequest>;

template <>
struct ShapesOf<DescribeRegionsRequest> {
  using In = shape::DescribeRegionsIn;
  using Out = shape::DescribeRegionsOut;
};
template struct Wire<DescribeRegionsRequest>;

template <>
struct ShapesOf<DescribeAccountAttributesRequest> {
  using In = shape::DescribeAccountAttributesIn;
  using Out = shape::DescribeAccountAttributesOut;
};
template struct Wire<DescribeAccountAttributesRequest>;

}  // namespace holdfast::ec2::wire
