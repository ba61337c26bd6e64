#include "bench/samples.h"

#include <algorithm>

namespace l275 {

double Minimum(const std::vector<double>& samples) {
  return *std::min_element(samples.begin(), samples.end());
}

double Median(std::vector<double> samples) {
  std::sort(samples.begin(), samples.end());
  const size_t upper = samples.size() / 2;
  if (samples.size() % 2 != 0) return samples[upper];
  return (samples[upper - 1] + samples[upper]) / 2;
}

}  // namespace l275
