"""What is counted, and which Nsight Compute metric each counter stands for.

The tracer counts what the source says. A compiler may change that, and then the hardware's count
differs:

- a value read twice is kept in a register, a loop-invariant read is taken out of the loop: fewer
  requests than here;
- neighbouring reads of one thread are joined into one wide read: fewer requests, the same sectors;
- short `if`s become predicated instructions and loops are unrolled: fewer branches than here;
- `and`, `or` and `… if … else …` are counted as operations, not as branches;
- addresses and bounds cost instructions that are not counted here; an element access is one;
- a float64 operation that is rounded to float32 at once may become a float32 one;
- division, powers and functions of `math` count as one flop and are several instructions;
- local arrays are taken to live in registers: no requests. So is constant memory;
- sectors of a request are counted before the L1 cache looks for them; DRAM bytes assume caches
  that never forget;
- atomics on shared memory are counted as requests only, since how often the hardware retries
  depends on the values.
"""

WARP = 32
SECTOR_BYTES = 32
BANKS = 32
WORD_BYTES = 4

#: Counter → (what it counts, the Nsight Compute metric that it stands for).
METRICS = {
    "global_load_requests": (
        "warp instructions that read global memory",
        "l1tex__t_requests_pipe_lsu_mem_global_op_ld.sum",
    ),
    "global_load_sectors": (
        "32-byte sectors that those requests touch",
        "l1tex__t_sectors_pipe_lsu_mem_global_op_ld.sum",
    ),
    "global_store_requests": (
        "warp instructions that write global memory",
        "l1tex__t_requests_pipe_lsu_mem_global_op_st.sum",
    ),
    "global_store_sectors": (
        "32-byte sectors that those requests touch",
        "l1tex__t_sectors_pipe_lsu_mem_global_op_st.sum",
    ),
    "shared_load_requests": (
        "warp instructions that read shared memory",
        "smsp__inst_executed_op_shared_ld.sum",
    ),
    "shared_load_wavefronts": (
        "passes through the banks that those requests need",
        "l1tex__data_pipe_lsu_wavefronts_mem_shared_op_ld.sum",
    ),
    "shared_load_conflicts": (
        "passes above what the width of the access needs",
        "l1tex__data_bank_conflicts_pipe_lsu_mem_shared_op_ld.sum",
    ),
    "shared_store_requests": (
        "warp instructions that write shared memory",
        "smsp__inst_executed_op_shared_st.sum",
    ),
    "shared_store_wavefronts": (
        "passes through the banks that those requests need",
        "l1tex__data_pipe_lsu_wavefronts_mem_shared_op_st.sum",
    ),
    "shared_store_conflicts": (
        "passes above what the width of the access needs",
        "l1tex__data_bank_conflicts_pipe_lsu_mem_shared_op_st.sum",
    ),
    "global_atomic_requests": (
        "warp instructions that change global memory atomically",
        "l1tex__t_requests_pipe_lsu_mem_global_op_red.sum + "
        "l1tex__t_requests_pipe_lsu_mem_global_op_atom.sum",
    ),
    "global_atomic_sectors": (
        "32-byte sectors that those requests touch",
        "l1tex__t_sectors_pipe_lsu_mem_global_op_red.sum + "
        "l1tex__t_sectors_pipe_lsu_mem_global_op_atom.sum",
    ),
    "shared_atomic_requests": (
        "warp instructions that change shared memory atomically",
        "smsp__inst_executed_op_shared_atom.sum",
    ),
    "branches": (
        "tests of if, while and for, once per warp",
        "smsp__sass_branch_targets.sum",
    ),
    "divergent_branches": (
        "those where threads of a warp went both ways",
        "smsp__sass_branch_targets_threads_divergent.sum",
    ),
    "active_lanes": (
        "mean number of active threads per warp instruction",
        "smsp__thread_inst_executed_per_inst_executed.ratio",
    ),
    "instructions": (
        "operations of the source, once per warp",
        "smsp__inst_executed.sum",
    ),
    "thread_instructions": (
        "operations of the source, once per active thread",
        "smsp__thread_inst_executed.sum",
    ),
    "barriers": (
        "barriers of a block, once per warp",
        "smsp__inst_executed_pipe_adu.sum, which counts address arithmetic too",
    ),
    "shuffles": (
        "warp instructions that exchange registers or votes",
        "smsp__sass_thread_inst_executed_op_inter_thread_communication_pred_on.sum, "
        "which counts threads",
    ),
    "flops_fp32": (
        "float32 operations; a multiply and an add are 2, fused or not",
        "smsp__sass_thread_inst_executed_op_fadd_pred_on.sum + "
        "smsp__sass_thread_inst_executed_op_fmul_pred_on.sum + "
        "2 × smsp__sass_thread_inst_executed_op_ffma_pred_on.sum",
    ),
    "flops_fp64": (
        "float64 operations, counted alike",
        "smsp__sass_thread_inst_executed_op_dadd_pred_on.sum + "
        "smsp__sass_thread_inst_executed_op_dmul_pred_on.sum + "
        "2 × smsp__sass_thread_inst_executed_op_dfma_pred_on.sum",
    ),
    "dram_bytes_touched": (
        "bytes of the sectors read once, plus of those written once: the least that must move",
        "dram__bytes.sum",
    ),
}

#: Counters that are added up; `active_lanes` is computed from two of them.
SUMMED = tuple(name for name in METRICS if name != "active_lanes")


class Line:
    """Counters of one source line, added to while the kernel runs."""

    __slots__ = ("number", *SUMMED)

    def __init__(self, number=None):
        """Start at zero. `number` is the line's."""
        self.number = number
        for name in SUMMED:
            setattr(self, name, 0)

    def tick(self, machine) -> None:
        """Count one operation of the active threads."""
        self.instructions += machine.warps
        self.thread_instructions += machine.active


class Counters:
    """The counters of a launch, by line."""

    def __init__(self):
        """Start without lines."""
        self.lines: dict = {}

    def line(self, number) -> Line:
        """Return the counters of line `number`, new if need be."""
        return self.lines.setdefault(number, Line(number))

    def by_line(self) -> dict:
        """Return `{line: {counter: number}}`."""
        return {number: _numbers([line]) for number, line in self.lines.items()}

    def total(self) -> dict:
        """Return `{counter: number}` of the whole launch."""
        return _numbers(list(self.lines.values()))


def _numbers(lines: list[Line]) -> dict:
    numbers = {name: int(sum(getattr(line, name) for line in lines)) for name in SUMMED}
    issued = numbers["instructions"]
    numbers["active_lanes"] = numbers["thread_instructions"] / issued if issued else 0.0
    return {name: numbers[name] for name in METRICS}
