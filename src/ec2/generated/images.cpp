// The wire form of the actions about images. Made by scripts/generate-ec2 from EC2's official model; to change it, change scripts/ec2/members.py.
#include "ec2/generated/shapes.h"

namespace holdfast::ec2::wire {
namespace shape {

struct Image {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"ImageId", "imageId"}, v.image_id);
    a.value({"Name", "name"}, v.name);
    a.value({"Description", "description"}, v.description);
    a.value({"ImageState", "imageState"}, v.state);
    a.value({"Architecture", "architecture"}, v.architecture);
    a.value({"RootDeviceName", "rootDeviceName"}, v.root_device_name);
    a.value({"RootDeviceType", "rootDeviceType"}, v.root_device_type);
    a.value({"VirtualizationType", "virtualizationType"}, v.virtualization_type);
    a.value({"BootMode", "bootMode"}, v.boot_mode);
    a.value({"PlatformDetails", "platformDetails"}, v.platform_details);
    a.value({"EnaSupport", "enaSupport"}, v.ena_support);
    a.value({"IsPublic", "isPublic"}, v.is_public);
    a.template objects<BlockDeviceMapping>({"BlockDeviceMapping", "blockDeviceMapping"}, v.block_device_mappings);
    a.value({"CreationDate", "creationDate"}, v.creation_date);
    a.template objects<Tag>({"TagSet", "tagSet"}, v.tags);
  }
};

struct RegisterImageIn {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"Name", "name"}, v.name, kRequired);
    a.value({"Description", "description"}, v.description);
    a.value({"Architecture", "architecture"}, v.architecture);
    a.value({"RootDeviceName", "rootDeviceName"}, v.root_device_name);
    a.value({"VirtualizationType", "virtualizationType"}, v.virtualization_type);
    a.value({"BootMode", "BootMode"}, v.boot_mode);
    a.value({"EnaSupport", "enaSupport"}, v.ena_support);
    a.template objects<BlockDeviceMapping>({"BlockDeviceMapping", "BlockDeviceMapping"}, v.block_device_mappings);
    a.template objects<TagSpecification>({"TagSpecification", "TagSpecification"}, v.tag_specifications);
  }
};

struct RegisterImageOut {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"ImageId", "imageId"}, v.image_id);
  }
};

struct DeregisterImageIn {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"ImageId", "ImageId"}, v.image_id, kRequired);
  }
};

struct DescribeImagesIn {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.values({"ImageId", "ImageId"}, v.image_ids);
    a.values({"Owner", "Owner"}, v.owners);
    a.template objects<Filter>({"Filter", "Filter"}, v.filters);
    a.value({"MaxResults", "MaxResults"}, v.max_results, kZeroAbsent);
    a.value({"NextToken", "NextToken"}, v.next_token);
  }
};

struct DescribeImagesOut {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.template objects<Image>({"ImagesSet", "imagesSet"}, v.images);
    a.value({"NextToken", "nextToken"}, v.next_token);
  }
};

struct CreateImageIn {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.template objects<BlockDeviceMapping>({"BlockDeviceMapping", "blockDeviceMapping"}, v.block_device_mappings);
    a.value({"Description", "description"}, v.description);
    a.value({"InstanceId", "instanceId"}, v.instance_id, kRequired);
    a.value({"Name", "name"}, v.name, kRequired);
    a.value({"NoReboot", "noReboot"}, v.no_reboot);
    a.template objects<TagSpecification>({"TagSpecification", "TagSpecification"}, v.tag_specifications);
  }
};

struct CreateImageOut {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"ImageId", "imageId"}, v.image_id);
  }
};

}  // namespace shape

template <>
struct ShapesOf<RegisterImageRequest> {
  using In = shape::RegisterImageIn;
  using Out = shape::RegisterImageOut;
};
template struct Wire<RegisterImageRequest>;

template <>
struct ShapesOf<DeregisterImageRequest> {
  using In = shape::DeregisterImageIn;
  using Out = ReturnTrue;
};
template struct Wire<DeregisterImageRequest>;

template <>
struct ShapesOf<DescribeImagesRequest> {
  using In = shape::DescribeImagesIn;
  using Out = shape::DescribeImagesOut;
};
template struct Wire<DescribeImagesRequest>;

template <>
struct ShapesOf<CreateImageRequest> {
  using In = shape::CreateImageIn;
  using Out = shape::CreateImageOut;
};
template struct Wire<CreateImageRequest>;

}  // namespace holdfast::ec2::wire
