# One rank of PyTorch's DistributedDataParallel over gloo, or a process that is alone: rank, size, port, seconds.
# It goes behind the definitions of peers/pytorch.py.
import torch.distributed as dist

rank, size, port, seconds = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], float(sys.argv[4])
torch.set_num_threads(1)
config, tensors = read_problem()
peer = Peer(config, tensors)
if size > 1:
    dist.init_process_group("gloo", init_method=f"tcp://127.0.0.1:{port}", rank=rank, world_size=size)
    peer.model = nn.parallel.DistributedDataParallel(peer.model)
for _ in range(3):
    peer.train()
times, end, over = [], time.perf_counter() + seconds, torch.zeros(1)
while over.item() == 0:
    start = time.perf_counter()
    peer.train()
    times.append(time.perf_counter() - start)
    over[0] = float(len(times) >= 5 and time.perf_counter() >= end)
    if size > 1:
        # All ranks make as many steps: rank 0's clock counts.
        dist.broadcast(over, 0)
if rank == 0:
    print(json.dumps({"ms": sorted(times)[len(times) // 2] * 1e3, "steps": len(times)}))
sys.stdout.flush()
os._exit(0)
