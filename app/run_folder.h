// The run folder: complete or absent. Work lies in OUT.partial under a lock and becomes OUT by one rename at the end.
#pragma once

#include <filesystem>
#include <string>

namespace crossloom {

enum class ExistingRun {
  refuse,   ///< an existing OUT or an interrupted OUT.partial is an error that says what to do
  replace,  ///< --force: start again; OUT stays as it is until the new run is complete
  resume,   ///< --resume: go on in OUT.partial if it was started with the same identity; a finished OUT is left alone
};

/// One open run. The lock is given back when it goes out of scope; OUT.partial stays for --resume.
class RunFolder {
 public:
  /// `identity` is all that the results depend on (resolved configuration, program version): a run is resumed only with
  /// the same. Throws UserError where OUT exists, is in use, was started otherwise, or cannot be created.
  RunFolder(std::filesystem::path out, const std::string& identity, ExistingRun existing);
  /// What the constructor would refuse at the first look, before slow reading of inputs; creates nothing.
  static void check(const std::filesystem::path& out, ExistingRun existing);
  ~RunFolder();
  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;

  /// --resume found OUT complete: there is nothing to do.
  [[nodiscard]] bool already_complete() const { return already_complete_; }
  [[nodiscard]] const std::filesystem::path& out() const { return out_; }
  /// Where results are written until publish().
  [[nodiscard]] const std::filesystem::path& work() const { return work_; }
  /// Checkpoints and other files that are not part of the result; inside work(), gone when published.
  [[nodiscard]] std::filesystem::path scratch() const { return work_ / "scratch"; }
  /// Removes scratch and lock, syncs every file, and renames into place (exchanging with an OUT that is replaced).
  void publish();

 private:
  void take_lock();
  void prepare(const std::string& identity, ExistingRun existing);
  std::filesystem::path out_, work_;
  int lock_ = -1;
  bool already_complete_ = false;
};

}  // namespace crossloom
