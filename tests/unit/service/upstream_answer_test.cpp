// SPDX-License-Identifier: Apache-2.0
#include <safeq/service/upstream_answer.hpp>

#include <string>

#include <catch2/catch_test_macros.hpp>

using namespace safeq;
using namespace safeq::service;

namespace {

constexpr const char* subject = "01890000-0000-7000-8000-000000000001";

std::string with(std::string text, std::string_view what, std::string_view by) {
    return text.replace(text.find(what), what.size(), by);
}

const std::string one_job =
    R"({"jobs":[{"id":"01890000-0000-7000-8000-000000000002","ipp_id":7,"state":"held","title":"minutes",)"
    R"("format":"application/pdf","bytes":1234,"pages":3,"created":"2026-11-22T10:00:00.000Z",)"
    R"("changed":"2026-11-22T10:00:01.500Z"}],"waiting_jobs":1200,"waiting_bytes":4321})";

}  // namespace

TEST_CASE("an answer says who it is", "[upstream]") {
    const auto identity = read_identity(R"({"subject":")" + std::string{subject} + R"(","user":"alice"})");
    REQUIRE(identity);
    CHECK(identity->subject.text() == subject);
    CHECK(identity->user_name == "alice");
}

TEST_CASE("an answer lists jobs", "[upstream]") {
    const auto jobs = read_remote_jobs(one_job);
    REQUIRE(jobs);
    REQUIRE(jobs->jobs.size() == 1);
    CHECK(jobs->waiting == job::Waiting{.jobs = 1200, .bytes = 4321});
    const RemoteJob& job = jobs->jobs.front();
    CHECK(job.ipp_id == 7);
    CHECK(job.state == job::State::held);
    CHECK(job.title == "minutes");
    CHECK(job.bytes == 1234);
    CHECK(job.pages == 3);
    CHECK(to_rfc3339(job.changed) == "2026-11-22T10:00:01.500Z");
    CHECK_FALSE(read_remote_jobs(with(one_job, "\"pages\":3", "\"pages\":null"))->jobs.front().pages);
    CHECK(read_remote_jobs(R"({"jobs":[],"waiting_jobs":0,"waiting_bytes":0})")->jobs.empty());
}

TEST_CASE("HOSTILE: what can't be read of an answer is unavailable", "[upstream]") {
    const auto refused = [](const std::string& text) {
        const auto jobs = read_remote_jobs(text);
        return !jobs && jobs.error().code == Errc::unavailable;
    };
    CHECK(refused(""));
    CHECK(refused("[]"));
    CHECK(refused(R"({"jobs":7})"));
    CHECK(refused(R"({"jobs":[7]})"));
    // Numbers that don't fit were cut to 32 bits once, and one with a point was turned into whatever came of it.
    CHECK(refused(with(one_job, "\"ipp_id\":7", "\"ipp_id\":4294967303")));
    CHECK(refused(with(one_job, "\"ipp_id\":7", "\"ipp_id\":1e300")));
    CHECK(refused(with(one_job, "\"ipp_id\":7", "\"ipp_id\":0")));
    CHECK(refused(with(one_job, "\"pages\":3", "\"pages\":-1")));
    CHECK(refused(with(one_job, "\"bytes\":1234", "\"bytes\":18446744073709551615")));
    // Without the sums nobody knows what waits; that isn't nothing.
    CHECK(refused(R"({"jobs":[]})"));
    CHECK(refused(with(one_job, "\"waiting_jobs\":1200", "\"waiting_jobs\":-1")));
    CHECK(refused(with(one_job, "\"waiting_bytes\":4321", "\"waiting_bytes\":9223372036854775808")));
    CHECK(refused(with(one_job, "\"waiting_bytes\":4321", "\"waiting_bytes\":null")));
    CHECK(refused(with(one_job, "\"held\"", "\"lost\"")));
    CHECK(refused(with(one_job, "minutes", "a\u202eb")));
    CHECK(refused(with(one_job, "minutes", "a\\u0007b")));
    CHECK(refused(with(one_job, "minutes", std::string(1024, 'x'))));
    CHECK(refused(with(one_job, "\"state\"", "\"ipp_id\":8,\"state\"")));

    CHECK(read_identity(R"({"subject":"alice","user":"alice"})").error().code == Errc::unavailable);
    CHECK(read_identity(R"({"subject":")" + std::string{subject} + R"("})").error().code == Errc::unavailable);
}

TEST_CASE("an answer brings a subject's key", "[upstream]") {
    const std::string key(43, 'A');
    const auto read = read_subject_key(R"({"key":")" + key + "=\"}");
    REQUIRE(read);
    CHECK(same_bytes(read->expose(), Bytes(32)));
    CHECK(read_subject_key(R"({"key":"AAAA"})").error().code == Errc::unavailable);
    CHECK(read_subject_key(R"({"key":")" + key + key + "\"}").error().code == Errc::unavailable);
    CHECK(read_subject_key("{}").error().code == Errc::unavailable);
}

TEST_CASE("a refusal has a code of ours", "[upstream]") {
    CHECK(read_refusal(429, R"({"error":"throttled"})", "identify").code == Errc::throttled);
    CHECK(read_refusal(410, R"({"error":"key_destroyed"})", "hand-over").code == Errc::key_destroyed);
    CHECK(read_refusal(403, R"({"error":"no such code"})", "jobs").code == Errc::denied);
    CHECK(read_refusal(404, "<html>", "jobs").code == Errc::denied);
    CHECK(read_refusal(408, "", "file").code == Errc::unavailable);
    CHECK(read_refusal(502, "<html>", "jobs").code == Errc::unavailable);
    CHECK(read_refusal(503, R"({"error":7})", "jobs").code == Errc::unavailable);
    CHECK(read_refusal(403, "", "jobs").where == "jobs");
}
