// EC2 over HTTP: what goes out is a request that the codec understands, what comes back is typed.
#include "aws/query_client.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <future>

#include "aws/local_server.h"
#include "aws/session.h"
#include "ec2/query.h"

namespace holdfast::aws {
namespace {

ec2::Form form_of(const Seen& seen) {
  return ec2::Form::parse(seen.body).value();
}

class Client : public testing::Test {
 protected:
  std::unique_ptr<QueryClient> make(const LocalServer& server) {
    SessionOptions options;
    options.environment = {};
    options.environment.variables = {{"HOME", "/nonexistent"}};
    options.region = "local";
    options.endpoint_url = server.url("/");
    options.credentials = Credentials{{"AK", "secret", "tok"}, {}, "test"};
    options.retry.base = std::chrono::milliseconds(1);
    session_ = Session::open(std::move(options)).value();
    return session_->ec2().value();
  }
  std::unique_ptr<Session> session_;
};

TEST_F(Client, SendsTypedRequestsAndReadsTypedAnswers) {
  LocalServer server([](int, const Seen& seen) {
    const auto form = form_of(seen);
    auto request = ec2::decode_request(form);
    if (!request) return answer(400, ec2::encode_error(request.error().code, request.error().message, "r"));
    const auto& create = std::get<ec2::CreateVolumeRequest>(*request);
    ec2::CreateVolumeResponse response;
    response.volume.volume_id = VolumeId("vol-1");
    response.volume.availability_zone = create.availability_zone;
    return answer(200, ec2::encode_response(*request, response, "r"));
  });
  auto client = make(server);
  ec2::CreateVolumeRequest request;
  request.availability_zone = "local-a";
  request.size = 8;
  request.client_token = "a token & more";
  ec2::Ec2& ec2 = *client;
  auto answer = ec2.call(request);
  ASSERT_TRUE(answer) << describe(answer.error());
  EXPECT_EQ(answer->volume.volume_id.str(), "vol-1");
  EXPECT_EQ(answer->volume.availability_zone, "local-a");
  EXPECT_EQ(*form_of(server.seen().at(0)).root().text("ClientToken"), "a token & more");
}

TEST_F(Client, PerformsTheFurtherActionsToo) {
  LocalServer server([](int, const Seen& seen) {
    const auto form = form_of(seen);
    auto request = ec2::decode_further_request(form);
    if (!request) return answer(400, ec2::encode_error(request.error().code, request.error().message, "r"));
    return answer(200, ec2::encode_response(*request, ec2::DescribeAddressesResponse(), "r"));
  });
  auto client = make(server);
  auto answer = client->call_further(ec2::DescribeAddressesRequest());
  ASSERT_TRUE(answer) << describe(answer.error());
}

TEST_F(Client, ADryRunAsksForRightsOnly) {
  std::string code = "DryRunOperation";
  LocalServer server([&](int, const Seen& seen) {
    EXPECT_EQ(*form_of(seen).root().text("DryRun"), "true");
    return code.empty() ? answer(200, "<TerminateInstancesResponse/>") : answer(412, ec2::encode_error(code, "x", "r"));
  });
  auto client = make(server);
  ec2::TerminateInstancesRequest request;
  request.instance_ids = {InstanceId("i-1")};
  EXPECT_TRUE(client->check_rights(request));
  code = "UnauthorizedOperation";
  EXPECT_EQ(client->check_rights(request).error().kind, ErrorKind::denied);
  code = "";
  EXPECT_EQ(client->check_rights(request).error().code, "DryRunIgnored");
  code = "DryRunOperation";
  EXPECT_TRUE(client->check_rights(ec2::FurtherRequest(ec2::DescribeAddressesRequest())));
}

TEST_F(Client, ALostAnswerToALaunchIsNeverFollowedByASecondLaunch) {
  LocalServer server([](int, const Seen&) { return Reply{"", true, false}; });
  auto client = make(server);
  ec2::RunInstancesRequest request;
  request.image_id = ImageId("ami-1");
  request.instance_type = "t3.micro";
  auto answer = client->call(request);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::unknown_outcome);
  EXPECT_EQ(server.seen().size(), 1u);
}

TEST_F(Client, AnAnswerThatIsNotXmlIsAnUnknownOutcome) {
  LocalServer server([](int, const Seen&) { return answer(200, "<a><b></a>"); });
  auto client = make(server);
  auto answer = client->call(ec2::DescribeVolumesRequest());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::unknown_outcome);
  EXPECT_EQ(server.seen().size(), 5u);
}

TEST_F(Client, StopsWhatIsUnderWayAndWhatComesLater) {
  LocalServer server([](int, const Seen&) { return Reply{"", false, true}; });
  auto client = make(server);
  auto running = std::async(std::launch::async, [&] { return client->call(ec2::DescribeVolumesRequest()); });
  while (server.seen().empty()) std::this_thread::yield();
  client->stop();
  EXPECT_FALSE(running.get());
  EXPECT_EQ(client->call(ec2::DescribeVolumesRequest()).error().kind, ErrorKind::unavailable);
}

class OpenSession : public testing::Test {
 protected:
  OpenSession() {
    char pattern[] = "/tmp/holdfast-session-XXXXXX";
    home_ = mkdtemp(pattern);
    std::filesystem::create_directory(home_ / ".aws");
    options_.environment = {};
    options_.environment.variables = {{"HOME", home_.string()}, {"AWS_EC2_METADATA_DISABLED", "true"}};
  }
  ~OpenSession() override { std::filesystem::remove_all(home_); }
  std::filesystem::path home_;
  SessionOptions options_;
};

TEST_F(OpenSession, TakesRegionEndpointAndKeysFromTheFiles) {
  LocalServer server([](int, const Seen&) { return answer(200, "<DescribeVolumesResponse/>"); });
  std::ofstream(home_ / ".aws/config") << "[default]\nregion = eu-west-3\nendpoint_url = " << server.url() << "\n";
  std::ofstream(home_ / ".aws/credentials") << "[default]\naws_access_key_id = FILE\naws_secret_access_key = s\n";
  auto session = Session::open(options_);
  ASSERT_TRUE(session) << describe(session.error());
  EXPECT_EQ((*session)->region(), "eu-west-3");
  EXPECT_EQ((*session)->service("sqs")->endpoint.url, server.url("/"));
  auto client = (*session)->ec2().value();
  auto answer = client->call(ec2::DescribeVolumesRequest());
  ASSERT_TRUE(answer) << describe(answer.error());
  EXPECT_TRUE(server.seen().at(0).has("Credential=FILE/"));
  EXPECT_TRUE(server.seen().at(0).has("/eu-west-3/ec2/aws4_request"));
}

TEST_F(OpenSession, SaysWhatIsMissing) {
  EXPECT_EQ(Session::open(options_).error().code, "NoRegion");
  options_.region = "eu-west-3";
  auto session = Session::open(options_).value();
  EXPECT_EQ(session->credentials().get({}).error().code, "NoCredentials");
  EXPECT_EQ(session->service("ec2")->endpoint.url, "https://ec2.eu-west-3.amazonaws.com/");
  options_.environment.variables["AWS_CA_BUNDLE"] = "/nonexistent";
  EXPECT_EQ(Session::open(options_).error().field, "AWS_CA_BUNDLE");
  std::ofstream(home_ / ".aws/config") << "[default\n";
  EXPECT_NE(Session::open(options_).error().message.find("config:1:"), std::string::npos);
}

}  // namespace
}  // namespace holdfast::aws
