// EC2's answers in the model's words: strings become enumerations, and a word that we do not know becomes `unknown`, on
// which nothing is decided. Called by the observer.
#pragma once

#include "ec2/types.h"
#include "model/observed.h"

namespace holdfast::engine {

model::ObservedInstance observed(const ec2::Instance& instance);
model::ObservedVolume observed(const ec2::Volume& volume);
model::ObservedSnapshot observed(const ec2::Snapshot& snapshot);
model::ObservedImage observed(const ec2::Image& image);
model::ObservedInterface observed(const ec2::NetworkInterface& interface);
model::ObservedStatus observed(const ec2::InstanceStatus& status);

}  // namespace holdfast::engine
