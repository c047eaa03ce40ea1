#include "cloud/front.h"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "cloud/lookup.h"

namespace holdfast::cloud {

namespace {

constexpr Duration kStoreRetry = std::chrono::milliseconds(500);

}  // namespace

Cloud::Front::Front(CloudOptions options, Substrate& substrate, Runtime& runtime, std::unique_ptr<Store> store,
                    uint64_t seed)
    : options_(std::move(options)),
      substrate_(substrate),
      runtime_(runtime),
      store_(std::move(store)),
      random_(seed),
      behaviour_(options_.profile, seed) {}

// ---- the beginning and the end

Result<void> Cloud::Front::start() {
  std::unique_lock hold(mutex_);
  HF_TRY_VOID(store_->load(model_));
  Outbox out;
  Call call{model_, runtime_.now(), random_, settings_, out};
  if (!model_.meta.contains(kMetaKey)) HF_TRY_VOID(found(call, options_));
  Meta& meta = model_.meta.edit(kMetaKey);
  if (meta.region != options_.region) {
    return fail(ErrorKind::invalid, "InvalidParameterValue",
                "The data directory is of region '" + meta.region + "', not '" + options_.region + "'; name that one.",
                "region");
  }
  // Another sequence of ids each time, also with a fixed seed: an id is never used twice.
  random_ =
      Random(options_.seed.value_or(Random::fresh_seed()) + static_cast<uint64_t>(++meta.opens) * 0x9E3779B97F4A7C15u);
  settings_ = {meta.region, options_.shutdown_limit, options_.snapshot_rate_rule, 1, {}, {}};
  for (const auto& name : substrate_.buildable_images()) settings_.image_sizes[name] = substrate_.image_size_gib(name);
  model_.derive();
  HF_TRY_VOID(commit(out));
  auto subnets = subnets_for_start(model_);
  auto machines = machines_for_start(model_, settings_);
  draining_ = true;  // no order before the substrate has started
  hold.unlock();
  substrate_.keep(shared_from_this());
  auto seen = substrate_.start(subnets, machines, *this);
  hold.lock();
  draining_ = false;
  if (!seen) return Failure(seen.error());
  call.now = runtime_.now();
  reconcile(call, *seen);
  const Image* minimal = model_.images.find(ImageId(kMinimalImage));
  bool wanted = options_.build_minimal_image && settings_.image_sizes.count(kMinimalImageName) != 0 &&
                (minimal == nullptr || minimal->state == "failed");
  if (wanted) HF_TRY_VOID(cloud::build_image(call, kMinimalImageName));
  progress_touched(call);
  HF_TRY_VOID(commit(out));
  hold.unlock();
  drain();
  await_first_image();
  return {};
}

// A new account finds the public images available. A build that fails is tried anew at the next start; everything else
// works without it.
void Cloud::Front::await_first_image() {
  if (options_.first_image_wait == Duration::zero() || settings_.image_sizes.count(kMinimalImageName) == 0) return;
  auto built = wait_for_build(ImageId(kMinimalImage), options_.first_image_wait);
  if (!built) spdlog::warn("local cloud: {}", describe(built.error()));
}

void Cloud::Front::close() {
  {
    std::unique_lock hold(mutex_);
    closed_ = true;
    changed_.notify_all();
    changed_.wait(hold, [&] { return !draining_; });
    orders_.clear(), events_.clear(), waiting_.clear();
    store_.reset();
  }
  listen({});
}

// ---- transactions

Result<void> Cloud::Front::commit(Outbox& out) {
  Result<void> written = store_->write(model_);
  if (!written) {
    model_.rollback();
    out = Outbox();
    return written;
  }
  model_.commit();
  let_out(out);
  changed_.notify_all();
  return {};
}

void Cloud::Front::let_out(Outbox& out) {
  for (auto& order : out.orders) orders_.push_back(std::move(order));
  for (auto& event : out.events) events_.push_back(std::move(event));
  Time now = runtime_.now();
  for (const auto& [id, at] : out.wakes) {
    runtime_.post(std::max(at - now, Duration(0)), [weak = weak_from_this(), id = id] {
      if (auto self = weak.lock()) self->take_in([id](Call& call) { woken(call, id); });
    });
  }
  out = Outbox();
  post_events();
}

template <class T>
Result<T> Cloud::Front::transact(const std::function<Result<T>(Call&)>& rules) {
  std::unique_lock hold(mutex_);
  if (closed_) return fail(ErrorKind::unavailable, "Unavailable", "The local cloud is stopping.");
  Outbox out;
  Call call{model_, runtime_.now(), random_, settings_, out};
  Result<T> answer = rules(call);
  if (!answer) {
    model_.rollback();
    return answer;
  }
  progress_touched(call);
  HF_TRY_VOID(commit(out));
  hold.unlock();
  drain();
  return answer;
}

bool Cloud::Front::store_happening(const Happening& happening) {
  Outbox out;
  Call call{model_, runtime_.now(), random_, settings_, out};
  happening(call);
  progress_touched(call);
  Result<void> written = commit(out);
  if (!written) spdlog::error("local cloud: what happened cannot be stored yet: {}", describe(written.error()));
  return written.has_value();
}

void Cloud::Front::take_in(Happening happening) {
  {
    std::lock_guard hold(mutex_);
    if (closed_) return;
    bool first = waiting_.empty();
    if (first && store_happening(happening)) {
      // stored
    } else {
      waiting_.push_back(std::move(happening));
      if (first) {
        runtime_.post(kStoreRetry, [weak = weak_from_this()] {
          if (auto self = weak.lock()) self->retry_happenings();
        });
      }
    }
  }
  drain();
}

void Cloud::Front::retry_happenings() {
  {
    std::lock_guard hold(mutex_);
    if (closed_) return;
    while (!waiting_.empty() && store_happening(waiting_.front())) waiting_.pop_front();
    if (!waiting_.empty()) {
      runtime_.post(kStoreRetry, [weak = weak_from_this()] {
        if (auto self = weak.lock()) self->retry_happenings();
      });
    }
  }
  drain();
}

// ---- orders

void Cloud::Front::drain() {
  std::unique_lock hold(mutex_);
  if (draining_) return;  // that thread takes ours too: one at a time keeps the order of the commits
  draining_ = true;
  while (!orders_.empty() && !closed_) {
    Order order = std::move(orders_.front());
    orders_.pop_front();
    hold.unlock();
    send(order);
    hold.lock();
  }
  draining_ = false;
  if (closed_) changed_.notify_all();
}

template <class O>
Done Cloud::Front::done_with(const O& order) {
  return [weak = weak_from_this(), order](Result<void> outcome) {
    if (!outcome) spdlog::warn("local cloud: the substrate answered: {}", describe(outcome.error()));
    if (auto self = weak.lock()) {
      self->take_in([order, outcome](Call& call) { finished(call, order, outcome); });
    }
  };
}

void Cloud::Front::send(const Order& order) {
  struct Sender {
    Front& front;
    Substrate& to;
    void operator()(const LaunchOrder& o) { to.launch(o.machine, front.done_with(o)); }
    void operator()(const StopOrder& o) {
      to.stop(o.instance, o.how, front.options_.shutdown_limit, front.done_with(o));
    }
    void operator()(const RebootOrder& o) { to.reboot(o.instance, front.done_with(o)); }
    void operator()(const AttachOrder& o) { to.attach(o.instance, o.volume, front.done_with(o)); }
    void operator()(const DetachOrder& o) { to.detach(o.instance, o.volume, o.force, front.done_with(o)); }
    void operator()(const CreateVolumeOrder& o) { to.create_volume(o.volume, o.size, o.from, front.done_with(o)); }
    void operator()(const DeleteVolumeOrder& o) { to.delete_volume(o.volume, front.done_with(o)); }
    void operator()(const CreateSnapshotOrder& o) { to.create_snapshot(o.snapshot, o.volume, front.done_with(o)); }
    void operator()(const DeleteSnapshotOrder& o) { to.delete_snapshot(o.snapshot, front.done_with(o)); }
    void operator()(const BuildImageOrder& o) { to.build_image(o.name, o.into, front.done_with(o)); }
    void operator()(const CreateSubnetOrder& o) { to.create_subnet(o.subnet, front.done_with(o)); }
    void operator()(const DeleteSubnetOrder& o) { to.delete_subnet(o.subnet, front.done_with(o)); }
    void operator()(const NoticeOrder& o) { to.set_notice(o.instance, o.notice); }
    void operator()(const RebalanceOrder& o) { to.set_rebalance_recommendation(o.instance, o.at); }
    void operator()(const CreateSnapshotSetOrder& o) {
      to.create_snapshots(o.instance, o.snapshots, front.done_with(o));
    }
    void operator()(const CopySnapshotOrder& o) { to.copy_snapshot(o.snapshot, o.from, front.done_with(o)); }
    void operator()(const GrowVolumeOrder& o) { to.grow_volume(o.volume, o.size, front.done_with(o)); }
    void operator()(const AttachInterfaceOrder& o) { to.attach_interface(o.instance, o.interface, front.done_with(o)); }
    void operator()(const DetachInterfaceOrder& o) { to.detach_interface(o.instance, o.interface, front.done_with(o)); }
    void operator()(const MetadataOrder& o) { to.set_tokens_required(o.instance, o.tokens_required); }
  };
  std::visit(Sender{*this, substrate_}, order);
}

void Cloud::Front::machine_ended(const InstanceId& machine, std::string reason) {
  take_in([machine, reason](Call& call) { cloud::machine_ended(call, machine, reason); });
}

void Cloud::Front::user_data_ended(const InstanceId& machine, UserDataOutcome outcome) {
  take_in([machine, outcome](Call& call) { cloud::user_data_ended(call, machine, outcome); });
}

// ---- events

void Cloud::Front::post_events() {
  if (events_.empty() || events_posted_) return;
  events_posted_ = true;
  runtime_.post(Duration(0), [weak = weak_from_this()] {
    if (auto self = weak.lock()) self->deliver_events();
  });
}

void Cloud::Front::deliver_events() {
  std::deque<ec2::CloudEvent> events;
  {
    std::lock_guard hold(mutex_);
    events.swap(events_);
    events_posted_ = false;
  }
  std::lock_guard hold(listener_mutex_);
  if (!listener_) return;
  for (const auto& event : events) listener_(event);
}

void Cloud::Front::listen(ec2::CloudEventListener listener) {
  std::lock_guard hold(listener_mutex_);
  listener_ = std::move(listener);
}

// ---- looking

Result<ImageId> Cloud::Front::wait_for_build(const ImageId& image, Duration limit) {
  std::unique_lock hold(mutex_);
  auto built = [&] { return closed_ || model_.images.find(image)->building.empty(); };
  if (!changed_.wait_for(hold, limit, built)) {
    return fail(ErrorKind::unknown_outcome, "Timeout", "The image " + image.str() + " is still being built.");
  }
  const std::string& problem = model_.images.find(image)->build_problem;
  if (!problem.empty())
    return fail(ErrorKind::unavailable, "ImageBuildFailed", "The image could not be built: " + problem);
  return image;
}

template <class T>
T Cloud::Front::read(const std::function<T(const Model&)>& look) const {
  std::lock_guard hold(mutex_);
  return look(model_);
}

template Result<ec2::Response> Cloud::Front::transact<ec2::Response>(
    const std::function<Result<ec2::Response>(Call&)>&);
template Result<ec2::FurtherResponse> Cloud::Front::transact<ec2::FurtherResponse>(
    const std::function<Result<ec2::FurtherResponse>(Call&)>&);
template Result<ImageId> Cloud::Front::transact<ImageId>(const std::function<Result<ImageId>(Call&)>&);
template Result<void> Cloud::Front::transact<void>(const std::function<Result<void>(Call&)>&);
template std::vector<MarketInfo> Cloud::Front::read(const std::function<std::vector<MarketInfo>(const Model&)>&) const;
template std::vector<CloudInstance> Cloud::Front::read(
    const std::function<std::vector<CloudInstance>(const Model&)>&) const;

}  // namespace holdfast::cloud
