#ifndef L275_WEB_HEALTHBEACON_DESCRIPTION_H_
#define L275_WEB_HEALTHBEACON_DESCRIPTION_H_

#include <cstdint>
#include <string>

#include "web/healthbeacon/health_checks.h"
#include "web/healthbeacon/healthbeacon.h"

namespace l275 {

// What a healthbeacon with these options does, in words, for its log: whom it
// speaks for, where its beacons go, the id of the key that signs them (0:
// none).
std::string DescribeBeacons(const Healthbeacon::Options& options,
                            uint32_t key_id);

// What it checks; or that it checks nothing, and what that means.
std::string DescribeChecks(const HealthChecks::Options& options);

}  // namespace l275

#endif  // L275_WEB_HEALTHBEACON_DESCRIPTION_H_
