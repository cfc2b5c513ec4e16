// SPDX-License-Identifier: Apache-2.0
// Looking through a log by the heads of its entries, as a start does, against parsing each whole.
#include <safeq/audit/record.hpp>
#include <safeq/crypto/random.hpp>

#include "bench/figure.hpp"
#include "bench/must.hpp"

namespace safeq::bench {
namespace {

std::vector<Figure> look() {
    constexpr int count = 20'000;
    constexpr int pairs = 7;
    SystemClock clock;
    crypto::SystemRandom random;
    std::vector<Bytes> entries;
    for (int i = 0; i < count; ++i) {
        audit::Record record{.id = RecordId::make(clock, random),
                             .at = clock.now(),
                             .kind = audit::Kind::job_printed,
                             .tenant = TenantId::make(clock, random),
                             .job = JobId::make(clock, random),
                             .subject = SubjectId::make(clock, random),
                             .device = DeviceId::make(clock, random)};
        record.add(audit::field::attempt, 1).add(audit::field::reason, "device_done").add(audit::field::pages, 3);
        entries.push_back(must(record.encode()));
    }
    const auto each = [&](const auto& read) {
        return count / seconds([&] {
                   for (const Bytes& entry : entries)
                       if (!read(entry)) std::exit(1);
               });
    };
    const Pair rate = median_of_pairs(
        pairs, [&] { return each([](ByteView entry) { return audit::record_head(entry).has_value(); }); },
        [&] { return each([](ByteView entry) { return audit::Record::parse(entry).has_value(); }); });
    return {{.name = "audit.look",
             .ours = rate.ours,
             .unit = "1/s",
             .against = "parsing each record whole",
             .theirs = rate.theirs}};
}

}  // namespace

std::vector<Benchmark> audit_look_benchmarks() { return {{"audit.look", look}}; }

}  // namespace safeq::bench
