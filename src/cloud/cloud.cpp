#include "cloud/cloud.h"

#include "cloud/front.h"
#include "cloud/views.h"
#include "ec2/budgeted.h"
#include "ec2/codec.h"

namespace holdfast::cloud {

Cloud::Cloud(std::shared_ptr<Front> front) : front_(std::move(front)) {}

Cloud::~Cloud() {
  front_->close();
}

Result<std::unique_ptr<Cloud>> Cloud::open(CloudOptions options, Substrate& substrate, Runtime& runtime) {
  HF_TRY(auto store, Store::open(options.data_dir));
  uint64_t seed = options.seed.value_or(0);
  auto front = std::make_shared<Front>(std::move(options), substrate, runtime, std::move(store), seed);
  std::unique_ptr<Cloud> cloud(new Cloud(front));  // closes it if the start fails
  HF_TRY_VOID(front->start());
  return cloud;
}

Result<ec2::Response> Cloud::perform(const ec2::Request& request) {
  return front_->behave<ec2::Response>(ec2::api_call_of(request), ec2::mutates(request),
                                       [&] { return front_->carry_out(request); });
}

Turn Cloud::turn(const ec2::Request& request) {
  return front_->turn(ec2::api_call_of(request), ec2::mutates(request));
}

Result<ec2::Response> Cloud::carry_out(const ec2::Request& request) {
  return front_->carry_out(request);
}

Result<ec2::FurtherResponse> Cloud::perform_further(const ec2::FurtherRequest& request) {
  return front_->behave<ec2::FurtherResponse>(ec2::api_call_of(request), ec2::mutates(request),
                                              [&] { return front_->perform_further(request); });
}

Result<ec2::FurtherResponse> Cloud::try_out_further(const ec2::FurtherRequest& request) {
  return front_->behave<ec2::FurtherResponse>(ec2::api_call_of(request), ec2::mutates(request),
                                              [&] { return front_->try_out_further(request); });
}

Result<ec2::Response> Cloud::try_out(const ec2::Request& request) {
  return front_->behave<ec2::Response>(ec2::api_call_of(request), ec2::mutates(request),
                                       [&] { return front_->try_out(request); });
}

const std::string& Cloud::region() const {
  return front_->region();
}

void Cloud::listen(ec2::CloudEventListener listener) {
  front_->listen(std::move(listener));
}

Result<void> Cloud::interrupt(const InstanceId& instance, const InterruptHow& how) {
  return front_->transact<void>([&](Call& call) { return cloud::interrupt(call, instance, how); });
}

Result<void> Cloud::rebalance(const InstanceId& instance) {
  return front_->transact<void>([&](Call& call) { return cloud::rebalance(call, instance); });
}

Result<void> Cloud::set_capacity(const MarketKey& market, std::optional<int> capacity) {
  return front_->transact<void>([&](Call& call) { return cloud::set_capacity(call, market, capacity); });
}

Result<void> Cloud::set_spot_price(const MarketKey& market, double usd_an_hour) {
  return front_->transact<void>([&](Call& call) { return cloud::set_spot_price(call, market, usd_an_hour); });
}

std::vector<MarketInfo> Cloud::markets() const {
  return front_->read<std::vector<MarketInfo>>(list_markets);
}

Result<void> Cloud::fail_next(const std::string& action, const std::string& code, int count) {
  if (code.empty())
    return fail(ErrorKind::invalid, "InvalidParameterValue", "A code is needed, like InsufficientInstanceCapacity.",
                "code");
  return front_->set_fault({action, code, {}, false, count});
}

Result<void> Cloud::set_fault(const Fault& fault) {
  return front_->set_fault(fault);
}

Result<std::string> Cloud::console_output(const InstanceId& instance) {
  HF_TRY(auto answer, front_->perform_console(ec2::GetConsoleOutputRequest{instance}));
  return std::get<ec2::GetConsoleOutputResponse>(answer).output;
}

Result<Cloud::Seat> Cloud::take_seat() {
  if (long_calls_.fetch_add(1) < kLongCalls) return Seat(&long_calls_);
  --long_calls_;
  return fail(ErrorKind::throttled, "RequestLimitExceeded",
              std::to_string(kLongCalls) + " commands or image builds are under way; ask again when one has ended");
}

Result<CommandOutcome> Cloud::run_command(const InstanceId& instance, const std::vector<std::string>& argv,
                                          const std::string& input, Duration limit) {
  if (argv.empty()) return fail(ErrorKind::invalid, "MissingParameter", "A command is needed.", "argv");
  HF_TRY_VOID(front_->need_machine(instance));
  HF_TRY(const Seat seat, take_seat());
  return front_->substrate().run_command(instance, argv, input, limit);
}

Result<ImageId> Cloud::build_image(const std::string& name) {
  return front_->transact<ImageId>([&](Call& call) { return cloud::build_image(call, name); });
}

Result<ImageId> Cloud::build_image_and_wait(const std::string& name, Duration limit) {
  HF_TRY(const Seat seat, take_seat());
  HF_TRY(ImageId id, build_image(name));
  return front_->wait_for_build(id, limit);
}

std::vector<std::string> Cloud::buildable_images() const {
  return front_->substrate().buildable_images();
}

std::vector<CloudInstance> Cloud::instances() const {
  return front_->read<std::vector<CloudInstance>>([](const Model& model) {
    std::vector<CloudInstance> all;
    for (const auto& [id, row] : model.instances.rows()) {
      all.push_back({view(model, row), row.interruption_at, row.rebalance_at, row.user_data_outcome});
    }
    return all;
  });
}

}  // namespace holdfast::cloud
