// The endpoint without a socket: signed requests in, documents out.
#include "cloud/endpoint/endpoint.h"

#include <gmock/gmock.h>

#include "cloud/test_cloud.h"
#include "ec2/codec.h"
#include "ec2/sigv4.h"

namespace holdfast::cloud {
namespace {

using testing::HasSubstr;

constexpr char kAccess[] = "LKIATESTTESTTESTTEST";
constexpr char kSecret[] = "secret/with+odd=characters";

class EndpointTest : public TestCloud {
 protected:
  EndpointTest() { serve(); }
  ~EndpointTest() override { endpoint_.reset(); }

  void serve() {
    auto made = Endpoint::make(*cloud_, {kAccess, kSecret, [this] { return runtime_.now(); }});
    ASSERT_TRUE(made) << describe(made.error());
    endpoint_ = std::move(*made);
  }

  http::Request signed_request(const std::string& body, const ec2::sigv4::Key& key = {kAccess, kSecret, {}},
                               const ec2::sigv4::Scope& scope = {"local-1", "ec2"}, Duration skew = {}) {
    http::Request request;
    request.method = "POST", request.path = "/", request.body = body;
    request.headers = {{"host", "127.0.0.1:7400"},
                       {"content-type", "application/x-www-form-urlencoded; charset=utf-8"}};
    ec2::sigv4::Message message;
    message.method = "POST", message.path = "/", message.body = request.body;
    message.headers.assign(request.headers.begin(), request.headers.end());
    for (auto& [name, value] : ec2::sigv4::sign(message, key, scope, runtime_.now() + skew)) {
      std::string lower = name;
      for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      request.headers[lower] = value;
    }
    return request;
  }
  http::Response ask(const std::string& body) { return endpoint_->handle(signed_request(body)); }

  static std::string form(const std::string& action, const std::string& more = "") {
    return "Action=" + action + "&Version=2016-11-15" + more;
  }
  static std::string code_of(const http::Response& response) {
    return ec2::decode_error(response.body, response.status).code;
  }
  static std::string header_of(const http::Response& response, const std::string& name) {
    for (const auto& [key, value] : response.headers) {
      if (key == name) return value;
    }
    return "";
  }
  // Status and code together: "401 AuthFailure".
  static std::string said(const http::Response& response) {
    return std::to_string(response.status) + " " + (response.status == 200 ? "" : code_of(response));
  }

  std::unique_ptr<Endpoint> endpoint_;
};

TEST_F(EndpointTest, AnswersASignedRequestInXmlWithARequestId) {
  const auto response = ask(form("DescribeVpcs"));
  ASSERT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(header_of(response, "Content-Type"), "text/xml;charset=UTF-8");
  EXPECT_THAT(response.body, HasSubstr(kDefaultVpc));
  EXPECT_EQ(ec2::request_id_of(response.body), header_of(response, "x-amzn-RequestId"));
  EXPECT_EQ(ec2::request_id_of(response.body).size(), 36u);
}

TEST_F(EndpointTest, TakesTheFormFromTheUrlOfAGet) {
  http::Request request;
  request.method = "GET", request.path = "/";
  request.query = {{"Action", "DescribeVpcs"},
                   {"Version", "2016-11-15"},
                   {"Filter.1.Name", "is-default"},
                   {"Filter.1.Value.1", "t*"}};
  request.headers = {{"host", "127.0.0.1:7400"}};
  ec2::sigv4::Message message{"GET", "/", request.query, {{"host", "127.0.0.1:7400"}}, ""};
  for (auto& [name, value] : ec2::sigv4::sign(message, {kAccess, kSecret, {}}, {"local-1", "ec2"}, runtime_.now())) {
    request.headers[name == "Authorization" ? "authorization" : "x-amz-date"] = value;
  }
  const auto response = endpoint_->handle(request);
  EXPECT_EQ(response.status, 200) << response.body;
  EXPECT_THAT(response.body, HasSubstr(kDefaultVpc));
}

TEST_F(EndpointTest, RefusesWhoIsNotKnownWithEc2sCodes) {
  const std::string body = form("DescribeVpcs");
  EXPECT_EQ(said(endpoint_->handle(signed_request(body, {"AKIASTRANGER", kSecret, {}}))), "401 AuthFailure");
  EXPECT_EQ(said(endpoint_->handle(signed_request(body, {kAccess, "another secret key", {}}))), "401 AuthFailure");
  EXPECT_EQ(said(endpoint_->handle(signed_request(body, {kAccess, kSecret, {}}, {"us-east-1", "ec2"}))),
            "401 AuthFailure");
  const auto late = std::chrono::minutes(-6);
  EXPECT_EQ(said(endpoint_->handle(signed_request(body, {kAccess, kSecret, {}}, {"local-1", "ec2"}, late))),
            "400 RequestExpired");
  auto changed = signed_request(body);
  changed.body = form("DescribeSubnets");
  EXPECT_EQ(said(endpoint_->handle(changed)), "401 AuthFailure");
  auto undated = signed_request(body);
  undated.headers.erase("x-amz-date");
  EXPECT_EQ(said(endpoint_->handle(undated)), "403 IncompleteSignature");
  auto unsigned_one = signed_request(body);
  unsigned_one.headers.erase("authorization");
  EXPECT_EQ(said(endpoint_->handle(unsigned_one)), "403 MissingAuthenticationToken");
}

TEST_F(EndpointTest, RefusesWhatItDoesNotUnderstandWithEc2sCodes) {
  EXPECT_EQ(said(ask("Version=2016-11-15")), "400 MissingAction");
  EXPECT_EQ(said(ask(form("MakeCoffee"))), "400 InvalidAction");
  EXPECT_EQ(said(ask("Action=DescribeVpcs&Version=2006-01-01")), "400 NoSuchVersion");
  EXPECT_EQ(said(ask(form("DescribeVpcs", "&VpcId.1=a&VpcId.1=b"))), "400 InvalidParameterCombination");
  EXPECT_EQ(said(ask(form("DescribeVpcs", "&Colour=red"))), "400 UnknownParameter");
  EXPECT_EQ(said(ask(form("DescribeVpcs", "&MaxResults=many"))), "400 InvalidParameterValue");
  EXPECT_EQ(said(ask(form("DescribeVpcs", "&NextToken=rubbish"))), "400 InvalidNextToken");
  EXPECT_EQ(said(ask(form("DescribeVpcs", "&Filter.1.Name=colour&Filter.1.Value.1=red"))), "400 InvalidParameterValue");
  EXPECT_EQ(said(ask(form("DeleteVolume"))), "400 MissingParameter");
  EXPECT_EQ(said(ask("%zz")), "400 MalformedQueryString");
  EXPECT_EQ(said(ask(form("DescribeInstances", "&InstanceId.1=i-00000000000000009"))),
            "400 InvalidInstanceID.NotFound");
  auto typed = signed_request(form("DescribeVpcs"));
  typed.headers["content-type"] = "text/plain";
  EXPECT_EQ(said(endpoint_->handle(typed)), "401 AuthFailure") << "the type is signed";
}

TEST_F(EndpointTest, NamesTheParameterAtFault) {
  const auto error = ec2::decode_error(ask(form("DeleteVolume")).body, 400);
  EXPECT_THAT(error.message, HasSubstr("VolumeId"));
}

TEST_F(EndpointTest, ADryRunChecksAllAndDoesNothing) {
  const auto id = make_volume();
  const std::string remove = "&VolumeId=" + id.str();
  EXPECT_EQ(said(ask(form("DeleteVolume", remove + "&DryRun=true"))), "412 DryRunOperation");
  EXPECT_EQ(volume(id).state, "available");
  EXPECT_EQ(said(ask(form("DeleteVolume", "&VolumeId=vol-00000000000000009&DryRun=true"))),
            "400 InvalidVolume.NotFound");
  EXPECT_EQ(said(ask(form("CreateVolume", "&AvailabilityZone=local-1a&Size=1&DryRun=true"))), "412 DryRunOperation");
  settle();
  EXPECT_EQ(ok(ec2::DescribeVolumesRequest{}).volumes.size(), 1u);
  EXPECT_EQ(said(ask(form("DeleteVolume", remove + "&DryRun=false"))), "200 ");
}

TEST_F(EndpointTest, GivesPagesThatTogetherAreTheWhole) {
  std::string token;
  std::set<std::string> seen;
  int pages = 0;
  do {
    const auto response =
        ask(form("DescribeSubnets", "&MaxResults=2" + (token.empty() ? "" : "&NextToken=" + ec2::uri_encode(token))));
    ASSERT_EQ(response.status, 200) << response.body;
    const auto page = std::get<ec2::DescribeSubnetsResponse>(*ec2::decode_response("DescribeSubnets", response.body));
    for (const auto& subnet : page.subnets) seen.insert(subnet.subnet_id.str());
    token = page.next_token;
  } while (!token.empty() && ++pages < 5);
  EXPECT_EQ(seen.size(), 3u);
  EXPECT_EQ(pages, 1);
}

TEST_F(EndpointTest, GivesPagesOfWhatTheCloudOffers) {
  const auto types = ok(ec2::DescribeInstanceTypesRequest{}).instance_types.size();
  ec2::DescribeInstanceTypesRequest request;
  request.max_results = 2;
  size_t seen = 0;
  do {
    auto page = ok(request);
    EXPECT_LE(page.instance_types.size(), 2u);
    seen += page.instance_types.size();
    request.next_token = page.next_token;
  } while (!request.next_token.empty() && seen < 1000);
  EXPECT_EQ(seen, types);
  ec2::DescribeSpotPriceHistoryRequest prices;
  prices.instance_types = {"t3.micro"}, prices.availability_zone = "local-1b", prices.product_descriptions = {"Linux*"};
  EXPECT_EQ(ok(prices).spot_price_history.size(), 1u);
}

TEST_F(EndpointTest, FiltersByTagsNamesAndWildcards) {
  const auto id = launch();
  ok(ec2::CreateTagsRequest{{id.str()}, {{"team", "data-base"}}});
  auto found = [&](const std::string& name, const std::string& value) {
    const auto response = ask(form("DescribeInstances", "&Filter.1.Name=" + name + "&Filter.1.Value.1=" + value));
    EXPECT_EQ(response.status, 200) << response.body;
    return response.body.find(id.str()) != std::string::npos;
  };
  EXPECT_TRUE(found("tag:team", "data*"));
  EXPECT_TRUE(found("tag:team", "data%3Fbase"));
  EXPECT_FALSE(found("tag:team", "data"));
  EXPECT_TRUE(found("tag-key", "tea%3F"));
  EXPECT_FALSE(found("tag-key", "stage"));
  EXPECT_TRUE(found("block-device-mapping.device-name", "/dev/*"));
  EXPECT_TRUE(found("owner-id", kAccount));
}

TEST_F(EndpointTest, TellsToolsWhoTheyAre) {
  const std::string body = "Action=GetCallerIdentity&Version=2011-06-15";
  const auto response = endpoint_->handle(signed_request(body, {kAccess, kSecret, {}}, {"us-east-1", "sts"}));
  EXPECT_EQ(response.status, 200) << response.body;
  EXPECT_THAT(response.body, HasSubstr(std::string("<Account>") + kAccount + "</Account>"));
  const auto stranger = endpoint_->handle(signed_request(body, {"AKIASTRANGER", kSecret, {}}, {"local-1", "sts"}));
  EXPECT_EQ(said(stranger), "403 InvalidClientTokenId");
  EXPECT_THAT(stranger.body, HasSubstr("<ErrorResponse>"));
}

TEST_F(EndpointTest, GivesTheServersOwnRefusalsEc2sLooks) {
  const auto response = Endpoint::refuse(413, "The body is too large.");
  EXPECT_EQ(said(response), "413 RequestEntityTooLarge");
  EXPECT_EQ(said(Endpoint::refuse(503, "The service is stopping.")), "503 ServiceUnavailable");
}

TEST_F(EndpointTest, RefusesKeysThatNobodyCouldSignWith) {
  auto make = [&](const std::string& access, const std::string& secret) {
    auto made = Endpoint::make(*cloud_, {access, secret, [this] { return runtime_.now(); }});
    return made ? "" : made.error().field;
  };
  EXPECT_EQ(make("", kSecret), "access_key");
  EXPECT_EQ(make("a/b", kSecret), "access_key");
  EXPECT_EQ(make(kAccess, "short"), "secret_key");
}

}  // namespace
}  // namespace holdfast::cloud
