// EC2's view of the model's rows: what Describe and the answers of changing calls show.
#pragma once

#include "cloud/model.h"
#include "ec2/types.h"

namespace holdfast::cloud {

ec2::Instance view(const Model&, const Instance&);
ec2::Volume view(const Model&, const Volume&);
ec2::Snapshot view(const Model&, const Snapshot&);
ec2::Image view(const Model&, const Image&);
ec2::NetworkInterface view(const Model&, const Interface&);
ec2::Subnet view(const Model&, const Subnet&);
ec2::Vpc view(const Model&, const Vpc&);
ec2::SecurityGroup view(const Model&, const SecurityGroup&);
ec2::InstanceStatus view_status(const Instance&);
ec2::VolumeAttachment view_attachment(const VolumeId&, const VolumeAttachment&);

}  // namespace holdfast::cloud
