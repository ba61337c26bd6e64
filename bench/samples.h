#ifndef L275_BENCH_SAMPLES_H_
#define L275_BENCH_SAMPLES_H_

#include <vector>

namespace l275 {

// Of at least one sample.
double Minimum(const std::vector<double>& samples);
double Median(std::vector<double> samples);

}  // namespace l275

#endif  // L275_BENCH_SAMPLES_H_
