// A small table of EC2's own instance types: size as EC2 publishes it, and what an hour costs. Read by launches,
// markets and DescribeInstanceTypes.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace holdfast::cloud {

struct InstanceType {
  std::string_view name;
  int vcpus;
  int memory_mib;
  double usd_an_hour;  // on demand
};

// On-demand prices: AWS's price list, Linux, us-east-1, as of January 2024.
inline constexpr std::array kInstanceTypes = {
    InstanceType{"c5.2xlarge", 8, 16384, 0.34},    InstanceType{"c5.large", 2, 4096, 0.085},
    InstanceType{"c5.xlarge", 4, 8192, 0.17},      InstanceType{"c5a.2xlarge", 8, 16384, 0.308},
    InstanceType{"c5a.large", 2, 4096, 0.077},     InstanceType{"c5a.xlarge", 4, 8192, 0.154},
    InstanceType{"c6i.2xlarge", 8, 16384, 0.34},   InstanceType{"c6i.large", 2, 4096, 0.085},
    InstanceType{"c6i.xlarge", 4, 8192, 0.17},     InstanceType{"m5.2xlarge", 8, 32768, 0.384},
    InstanceType{"m5.large", 2, 8192, 0.096},      InstanceType{"m5.xlarge", 4, 16384, 0.192},
    InstanceType{"m5a.2xlarge", 8, 32768, 0.344},  InstanceType{"m5a.large", 2, 8192, 0.086},
    InstanceType{"m5a.xlarge", 4, 16384, 0.172},   InstanceType{"m6i.2xlarge", 8, 32768, 0.384},
    InstanceType{"m6i.large", 2, 8192, 0.096},     InstanceType{"m6i.xlarge", 4, 16384, 0.192},
    InstanceType{"r5.2xlarge", 8, 65536, 0.504},   InstanceType{"r5.large", 2, 16384, 0.126},
    InstanceType{"r5.xlarge", 4, 32768, 0.252},    InstanceType{"r5a.large", 2, 16384, 0.113},
    InstanceType{"r5a.xlarge", 4, 32768, 0.226},   InstanceType{"r6i.large", 2, 16384, 0.126},
    InstanceType{"r6i.xlarge", 4, 32768, 0.252},   InstanceType{"t2.medium", 2, 4096, 0.0464},
    InstanceType{"t2.micro", 1, 1024, 0.0116},     InstanceType{"t2.nano", 1, 512, 0.0058},
    InstanceType{"t2.small", 1, 2048, 0.023},      InstanceType{"t3.2xlarge", 8, 32768, 0.3328},
    InstanceType{"t3.large", 2, 8192, 0.0832},     InstanceType{"t3.medium", 2, 4096, 0.0416},
    InstanceType{"t3.micro", 2, 1024, 0.0104},     InstanceType{"t3.nano", 2, 512, 0.0052},
    InstanceType{"t3.small", 2, 2048, 0.0208},     InstanceType{"t3.xlarge", 4, 16384, 0.1664},
    InstanceType{"t3a.2xlarge", 8, 32768, 0.3008}, InstanceType{"t3a.large", 2, 8192, 0.0752},
    InstanceType{"t3a.medium", 2, 4096, 0.0376},   InstanceType{"t3a.micro", 2, 1024, 0.0094},
    InstanceType{"t3a.nano", 2, 512, 0.0047},      InstanceType{"t3a.small", 2, 2048, 0.0188},
    InstanceType{"t3a.xlarge", 4, 16384, 0.1504},
};

const InstanceType* find_instance_type(std::string_view name);
// "… does not exist" with the nearest name, for errors.
std::string unknown_instance_type(const std::string& name);

}  // namespace holdfast::cloud
