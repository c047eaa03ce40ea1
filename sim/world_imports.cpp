// Instances of the people's own, with data, that become managed instances.

#include "engine/import.h"
#include "sim/world.h"

namespace holdfast::sim {

using namespace std::chrono_literals;

// Launched by hand; when it has run for a while it is to be managed.
void World::bring_in(Random& random) {
  ec2::RunInstancesRequest request;
  request.image_id = ImageId(cloud::kMinimalImage);
  request.instance_type = kTypes[random.below(std::size(kTypes))];
  request.subnet_id = SubnetId(kSubnets[random.below(std::size(kSubnets))]);
  if (random.below(3) != 0) {
    ec2::EbsBlockDevice data;
    data.volume_size = 4;
    data.delete_on_termination = random.below(2) == 0;
    request.block_device_mappings = {{"/dev/sdf", data, false}};
  }
  auto made = people_->call(request);
  if (!made) return;
  const InstanceId original = made->instances.front().instance_id;
  checker_.made_by_hand(made->instances.front());
  originals_.insert(original);
  engine::ImportRequest wish;
  wish.original = original;
  wish.terminate = random.below(3) != 0;
  wish.keep_private_ip = wish.terminate && random.below(2) == 0;
  wish.block_devices_mode = random.below(2) == 0 ? "reattach" : "onLaunch";
  time_.post(1min + Duration(random.below(180'000)), [this, wish] { import(wish); });
}

// What cannot be (it has ended, or does not run yet) is refused when it is asked for.
void World::import(const engine::ImportRequest& wish) {
  if (faults_.calmed()) return;
  auto plan = engine::plan_import(*cloud_, wish);
  if (!plan) return;
  ec2::DescribeInstancesRequest look;
  look.instance_ids = {wish.original};
  auto seen = cloud_->call(look);
  CHECK(seen && seen->instances.size() == 1);
  const ManagedInstanceId id = next_id();
  if (wish.terminate) {
    checker_.imported(id, plan->spec, seen->instances.front());
  } else {
    checker_.copied(id, plan->spec, seen->instances.front());
  }
  note(id, "a user imports " + wish.original.str());
  request(id, model::Created{plan->import},
          engine::Revision{plan->document, plan->spec, plan->surroundings, {}});
}

}  // namespace holdfast::sim
