// SPDX-License-Identifier: Apache-2.0
#include <safeq/spool/blob.hpp>

#include <charconv>

namespace safeq::spool {
namespace {

constexpr std::string_view suffix = ".sealed";
constexpr std::size_t id_characters = 36;

}  // namespace

Result<void> read_exactly(BlobSource& source, std::uint64_t offset, MutableByteView out, std::string_view what) {
    while (!out.empty()) {
        SAFEQ_TRY(const std::size_t n, source.read_at(offset, out));
        if (n > out.size()) return fail(Errc::internal, std::string{what}, "a source returned more than was asked for");
        if (n == 0) return fail(Errc::truncated, std::string{what}, std::to_string(out.size()) + " bytes missing");
        out = out.subspan(n);
        offset += n;
    }
    return {};
}

std::string BlobName::text() const { return job.text() + '.' + std::to_string(document) + std::string{suffix}; }

Result<BlobName> BlobName::parse(std::string_view text) {
    const auto malformed = [] { return fail(Errc::malformed, "blob name", "not <job id>.<number>.sealed"); };
    if (!text.ends_with(suffix)) return malformed();
    text.remove_suffix(suffix.size());
    if (text.size() < id_characters + 2 || text[id_characters] != '.') return malformed();
    BlobName name;
    SAFEQ_TRY(name.job, JobId::parse(text.substr(0, id_characters)));
    const std::string_view digits = text.substr(id_characters + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), name.document);
    if (error != std::errc{} || end != digits.data() + digits.size()) return malformed();
    if (std::to_string(name.document) != digits) return fail(Errc::not_canonical, "blob name", "leading zeros");
    return name;
}

}  // namespace safeq::spool
